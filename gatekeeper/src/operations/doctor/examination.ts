import type { InstallationContext } from './context.ts'
import type { Finding } from './finding.ts'

/** One thing that the doctor examines. */
export type Examination<Context = InstallationContext> = {
  /** The heading of its findings, and its name for programs. */
  readonly name: string
  readonly examine: (context: Context) => Promise<readonly Finding[]> | readonly Finding[]
}
