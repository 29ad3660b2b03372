/**
 * The gatekeeper's own endpoints. They pass admission like everything else; here is what answers
 * when it said yes, by the pattern of the endpoint's row.
 */
import type { BodySource } from '../../admission/body-source.ts'
import type { Admission } from '../../model/admission.ts'
import type { BodyFacts } from '../../model/facts.ts'
import type { Answer } from '../answer.ts'

/** An admitted request to an endpoint of our own. */
export type OwnRequest = {
  readonly admission: Admission
  /** A field that may come once; null where it is absent, and a list where it came twice. */
  readonly field: (name: string) => string | null
  readonly body: BodySource
  /** What the body says, where admission read it. */
  readonly asked?: BodyFacts | null
}

export type OwnEndpoint = (request: OwnRequest) => Answer | Promise<Answer>

/** What answers, by the pattern of its row in `kinds/own.ts`. */
export type OwnEndpoints = Readonly<Record<string, OwnEndpoint>>
