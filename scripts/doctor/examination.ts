import type { Context } from './context.ts'
import type { Finding } from './finding.ts'

/** One thing that the doctor examines. */
export type Examination = {
  /** The heading of its findings, and its name for programs. */
  readonly name: string
  readonly examine: (context: Context) => Promise<readonly Finding[]> | readonly Finding[]
}
