import type { Finding } from './finding.ts'
import type { Scene } from './scene.ts'

/** One thing that the doctor looks at. */
export type Examination = {
  /** The heading under which its findings stand, and its name for programs. */
  readonly name: string
  readonly examine: (scene: Scene) => Promise<readonly Finding[]> | readonly Finding[]
}
