/**
 * The gatekeeper's own endpoints. They are admitted like all others; the pattern of the endpoint's
 * row selects the function that answers.
 */
import type { Admitted } from '../../admission/admit.ts'
import type { BodySource } from '../../admission/body-source.ts'
import type { Admission } from '../../model/admission.ts'
import type { BodyFacts } from '../../model/facts.ts'
import { reasonRow } from '../../model/reason.ts'
import { type Refused, RefusedError } from '../../model/refused-error.ts'
import type { Answer, Fields } from '../answer.ts'
import type { Call } from '../call.ts'
import { corsFields } from '../cors.ts'
import { sendAnswer } from '../send.ts'
import type { Served } from '../served.ts'

/** An admitted request to an endpoint of our own. */
export type OwnRequest = {
  readonly admission: Admission
  /** Returns a field that may come once; null if it is missing. Repeated values are joined. */
  readonly field: (name: string) => string | null
  readonly body: BodySource
  /** The facts of the body, if admission read it. */
  readonly asked?: BodyFacts | null
  /** The body in its plain form, if admission read it. */
  readonly bytes?: Buffer | null
}

/** Answers a request. It throws a RefusedError to refuse one, in the form of its row's dialect. */
export type OwnEndpoint = (request: OwnRequest) => Answer | Promise<Answer>

/** The functions that answer, by the pattern of their row in `kinds/own/own.ts`. */
export type OwnEndpoints = Readonly<Record<string, OwnEndpoint>>

export type OwnDeps = {
  readonly own: OwnEndpoints
  /** Answers the rows that say `handedOver` and have no function in `own`. */
  readonly handOver: OwnEndpoint
}

/** What `serveOwn` answers with; `fields` are those of limits. */
export type OwnAnswering = {
  readonly body: BodySource | null
  readonly fields: Fields
}

/** Answers an endpoint of our own, which has no upstream. */
export async function serveOwn(
  { request, response }: Call,
  { admission, body: asked, bytes }: Admitted,
  { body, fields: given }: OwnAnswering,
  { own, handOver }: OwnDeps,
): Promise<Served> {
  const { facts } = admission
  const pattern = facts.endpoint?.pattern ?? ''
  const endpoint = own[pattern] ?? (facts.endpoint?.handedOver ? handOver : undefined)
  // A row without an endpoint is a bug, so the request fails.
  if (endpoint === undefined || body === null) {
    throw new Error('an endpoint of our own has no answer')
  }
  const field = (name: string) => joined(request.headersDistinct[name])
  const answer = await answerOrRefuse(() => endpoint({ admission, field, body, asked, bytes }))
  if ('reason' in answer) return refusedBy(answer)
  const requestId = { 'x-request-id': facts.requestId }
  const fields = { ...answer.fields, ...requestId, ...given, ...corsFields(facts) }
  return {
    outcome: { status: answer.status, kind: 'answered', answerBytes: answer.body.length },
    reason: null,
    usage: null,
    last: {
      send: () => sendAnswer(response, { ...answer, fields }, facts.method === 'HEAD'),
      cut: () => false,
    },
  }
}

function refusedBy({ reason, detail }: Refused): Served {
  const outcome = { status: reasonRow(reason).status, kind: 'failed', answerBytes: 0 } as const
  return { reason, detail, outcome, usage: null, check: 'own' }
}

async function answerOrRefuse(answer: () => Answer | Promise<Answer>): Promise<Answer | Refused> {
  try {
    return await answer()
  } catch (error) {
    if (error instanceof RefusedError) return { reason: error.reason, detail: error.detail }
    throw error
  }
}

/** Joins repeated values to a list, which no reader here accepts as a value. */
function joined(values: readonly string[] | undefined): string | null {
  return values === undefined ? null : values.join(', ')
}
