import type { Examination } from '../examination.ts'

/** What stops a start, and what it would warn of. */
export const settings: Examination = {
  name: 'settings',
  examine: ({ settingProblems, settingWarnings, gateway }) => [
    ...[...settingProblems, ...gateway.problems].map((problem) => ({
      level: 'error' as const,
      ...problem,
    })),
    ...[...settingWarnings, ...gateway.warnings].map((problem) => ({
      level: 'warning' as const,
      ...problem,
    })),
  ],
}
