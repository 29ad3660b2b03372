import type { Examination } from '../examination.ts'

/** Problems that stop a start, and its warnings. */
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
