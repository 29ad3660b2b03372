/**
 * What a request is expected to use, from its body alone: so much has to be there before it is sent
 * on. The provider's own figures replace it afterwards.
 */
import type { Refusal, Reservation } from '../model/admission.ts'
import type { Obligation } from '../model/decision.ts'
import type { BodyFacts, RequestFacts } from '../model/facts.ts'
import type { Principal } from '../model/principal.ts'
import type { Service } from '../model/service.ts'
import type { Estimate } from '../model/usage.ts'
import { leastCap } from './rewrite-body.ts'

export type EstimateDeps = {
  /** What so many tokens of a model cost at the service, in integer micro-dollars. */
  readonly costOf: (use: {
    readonly service: Service
    readonly model: string
    readonly inputTokens: number
    readonly outputTokens: number
  }) => number
  /** What a request that names no maximum of output is expected to give. */
  readonly outputTokensExpected: number
}

/** How many tokens the prompt has, by its length. */
export function estimateInput({ promptBytes }: Pick<BodyFacts, 'promptBytes'>): number {
  return Math.ceil(promptBytes / bytesPerToken)
}

type Asked = {
  /** What is owed already: output that is cut needs no room beyond that. */
  readonly obligations: readonly Obligation[]
  readonly facts: RequestFacts
  readonly principal: Principal
  readonly body: BodyFacts | null
}

/** About four bytes of JSON are a token in most languages and models; more often it is less. */
const bytesPerToken = 4

/** Charges the estimate, or gives the refusal; with what output has to be cut to. */
export function extendReservation(
  asked: Asked,
  reservation: Reservation,
  deps: EstimateDeps,
): { readonly obligations: readonly Obligation[] } | Refusal {
  const { facts, principal } = asked
  const body = cutOutput(asked)
  if (body === null || facts.endpoint?.class !== 'use' || body.isUnload) return { obligations: [] }
  if (body.models.length > modelsMax) return tooManyModels
  const use = {
    inputTokens: estimateInput(body),
    costOf: priceOf(asked, deps),
  }
  const isBound = facts.endpoint.output.length > 0
  const cap = principal.capOutput && isBound ? findCap(use, body, reservation) : null
  const outputTokens = isBound ? (cap ?? body.outputTokens) : 0
  const refusal = reservation.extend(
    estimate({ ...use, outputTokens, expected: deps.outputTokensExpected }, body),
  )
  if (refusal !== null) return refusal
  return { obligations: cap === null ? [] : [{ kind: 'cap-output', outputTokens: cap }] }
}

/** The body as it will be sent on, as far as its output goes. */
function cutOutput({ body, obligations }: Asked): BodyFacts | null {
  const cap = leastCap(obligations)
  if (body === null || cap === null) return body
  const outputTokens = Math.min(cap, body.outputTokens ?? Number.POSITIVE_INFINITY)
  return { ...body, outputTokens }
}

/** LiteLLM takes lists of models; to look up the prices of a million names would stop everybody. */
const modelsMax = 100
const tooManyModels: Refusal = { reason: 'model-not-allowed', limit: null, retryAfterMs: null }

type Use = {
  readonly inputTokens: number
  /** Of all models that may answer the dearest, in micro-dollars. */
  readonly costOf: (inputTokens: number, outputTokens: number) => number
}

function priceOf(
  { facts, body }: Pick<Asked, 'facts' | 'body'>,
  deps: EstimateDeps,
): Use['costOf'] {
  const { service } = facts
  const models = body?.models ?? []
  if (service === null) return () => 0
  return (inputTokens, outputTokens) =>
    Math.max(
      0,
      ...models.map((model) => deps.costOf({ service, model, inputTokens, outputTokens })),
    )
}

function estimate(
  use: Use & { readonly outputTokens: number | null; readonly expected: number },
  body: BodyFacts,
): Estimate {
  const { inputTokens, costOf } = use
  // Infinity is asked for by words that nobody can read as a number.
  const asked = Math.min(use.outputTokens ?? 0, outputTokensMax)
  const hoped = use.outputTokens === null ? use.expected : 0
  const firm = { tokens: inputTokens + asked, microUsd: costOf(inputTokens, asked) }
  return {
    model: body.models[0] ?? null,
    inputTokens,
    outputTokens: asked + hoped,
    firm,
    hoped: { tokens: hoped, microUsd: costOf(inputTokens, hoped + asked) - firm.microUsd },
  }
}

const outputTokensMax = 1_000_000_000

/**
 * The most output that budgets still allow, where that is less than the request asks for. Null where
 * nothing has to be cut, or where not even one token is left: then the limit refuses.
 */
function findCap(use: Use, body: BodyFacts, reservation: Reservation): number | null {
  const room = reservation.room()
  const byTokens = room.tokens - use.inputTokens
  const asked = Math.min(body.outputTokens ?? outputTokensMax, outputTokensMax)
  const isAffordable = (output: number) => use.costOf(use.inputTokens, output) <= room.microUsd
  if (byTokens >= asked && isAffordable(asked)) return null
  let [affordable, tooMuch] = [0, Math.min(byTokens, asked) + 1]
  while (tooMuch - affordable > 1) {
    const middle = affordable + Math.floor((tooMuch - affordable) / 2)
    if (isAffordable(middle)) affordable = middle
    else tooMuch = middle
  }
  return affordable >= 1 ? affordable : null
}
