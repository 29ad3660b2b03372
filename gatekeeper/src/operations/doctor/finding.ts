import type { Problem } from '../../lib/problem.ts'
import type { ControlName } from './controls.ts'

/** `error`: a vulnerability, or something that does not work. `warning`: it may become one. */
export type Level = 'error' | 'warning' | 'info'

/** All levels, the worst first. */
export const levels: readonly Level[] = ['error', 'warning', 'info']

/** A problem with its level; `remedy` is the fix. Never contains a secret, nor a part of one. */
export type Finding = Problem & {
  readonly level: Level
  /** The control that the finding serves; left out if it serves none. */
  readonly control?: ControlName
}
