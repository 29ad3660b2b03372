import type { Outcome } from './admission.ts'
import type { Usage } from './usage.ts'

/** Reads from an answer on its way what it uses. It changes nothing and never throws. */
export type AnswerReader = {
  /** The head of the answer has come. */
  begin(status: number, fields: Readonly<Record<string, string | string[] | undefined>>): void
  read(chunk: Buffer): void
  /** Whether what ends the answer for its reader has passed: `[DONE]`, `"done":true`. */
  isEnding(): boolean
  /** What was used, however it ended: an estimate of what came where the provider says nothing. */
  used(outcome: Outcome): Usage
}
