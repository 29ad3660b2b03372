import type { Settings } from '../../../config/read-settings.ts'
import { ownIssuerName } from '../../../config/site-address.ts'
import { findIssuerProblems } from '../../../oauth/issuer-file.ts'
import type { Examination } from '../examination.ts'

/** Problems that stop a start, and its warnings. */
export const settings: Examination = {
  name: 'settings',
  examine: ({ settings: read, settingProblems, settingWarnings, gateway }) => [
    ...[...settingProblems, ...gateway.problems, ...issuerProblems(read)].map((problem) => ({
      level: 'error' as const,
      ...problem,
    })),
    ...[...settingWarnings, ...gateway.warnings].map((problem) => ({
      level: 'warning' as const,
      ...problem,
    })),
  ],
}

const issuerProblems = (settings: Settings) =>
  findIssuerProblems(settings.sharedDir, ownIssuerName(settings))
