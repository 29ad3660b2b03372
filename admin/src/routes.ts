import type { Installation } from '../../gatekeeper/src/operations/installation.ts'
import type { Answer } from './answer.ts'
import type { HandedOver } from './handed-over.ts'

/** Answers one endpoint. Throws a RefusedError for a request that it does not accept. */
export type AnswerHanded = (handed: HandedOver) => Promise<Answer>

/** The functions that answer, by method and pattern of the gatekeeper's row. */
export type Routes = Readonly<Record<string, AnswerHanded>>

export function createRoutes(_installation: Installation): Routes {
  return {}
}
