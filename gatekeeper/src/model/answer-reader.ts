import type { Outcome } from './admission.ts'
import type { Usage } from './usage.ts'

/** Reads the usage from an answer as it passes. It changes nothing and never throws. */
export type AnswerReader = {
  /** Called with the head of the answer. */
  begin(status: number, fields: Readonly<Record<string, string | string[] | undefined>>): void
  read(chunk: Buffer): void
  /** Returns whether the end marker of the answer has passed: `[DONE]`, `"done":true`. */
  isEnding(): boolean
  /**
   * Returns the usage, however the answer ended: estimated if none is reported. Null if the
   * reservation is the best that is known.
   */
  used(outcome: Outcome): Usage | null
}
