/**
 * What a request is expected to use, estimated from its body. This amount must be left before the
 * request is sent; the provider's figures replace it later.
 */
import type { Refusal, Reservation } from '../model/admission.ts'
import type { Obligation } from '../model/decision.ts'
import type { BodyFacts, RequestFacts } from '../model/facts.ts'
import type { Principal } from '../model/principal.ts'
import { providerOf, type Service } from '../model/service.ts'
import type { Estimate } from '../model/usage.ts'
import { leastCap } from './rewrite-body.ts'

export type EstimateDeps = {
  /**
   * Returns the price of these tokens of a model at the service, in integer micro-dollars; null if a
   * provider sells it at a price that nobody knows.
   */
  readonly costOf: (use: {
    readonly service: Service
    readonly model: string
    readonly inputTokens: number
    readonly outputTokens: number
  }) => number | null
  /** The output that is expected of a request without a bound. */
  readonly outputTokensExpected: number
}

/** Returns the number of tokens of the prompt, from its length. */
export function estimateInput({ promptBytes }: Pick<BodyFacts, 'promptBytes'>): number {
  return Math.ceil(promptBytes / bytesPerToken)
}

type Asked = {
  /** Obligations so far: output that is capped needs no budget beyond the cap. */
  readonly obligations: readonly Obligation[]
  readonly facts: RequestFacts
  readonly principal: Principal
  readonly body: BodyFacts | null
}

/** A token has about four bytes of JSON in most languages and models, usually a little more. */
const bytesPerToken = 4

/** Charges the estimate. Returns the refusal, or the obligations that cap the output. */
export function extendReservation(
  asked: Asked,
  reservation: Reservation,
  deps: EstimateDeps,
): { readonly obligations: readonly Obligation[] } | Refusal {
  const { facts, principal } = asked
  const body = cutOutput(asked)
  if (body === null || facts.endpoint?.class !== 'use' || body.isUnload) return { obligations: [] }
  if (body.models.length > modelsMax) return tooManyModels
  if (isUnpriced(asked, body, deps) && Number.isFinite(reservation.room().microUsd)) return unpriced
  const use = {
    inputTokens: body.inputTokensMax ?? estimateInput(body),
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

/** Returns the body with its output bound as it will be sent. */
function cutOutput({ body, obligations }: Asked): BodyFacts | null {
  const cap = leastCap(obligations)
  if (body === null || cap === null) return body
  const outputTokens = Math.min(cap, body.outputTokens ?? Number.POSITIVE_INFINITY)
  return { ...body, outputTokens }
}

/** LiteLLM accepts lists of models; looking up a million prices would block everybody. */
const modelsMax = 100
const tooManyModels: Refusal = { reason: 'model-not-allowed', limit: null, retryAfterMs: null }

/** Money that cannot be counted must not be spent under a limit of money. */
function isUnpriced({ facts }: Asked, body: BodyFacts, deps: EstimateDeps): boolean {
  const { service } = facts
  const { models } = body
  if (service?.kind.sellsModels && body.asksSurcharge) return true
  if (service === null || providerOf(service) === null) return false
  const none = { inputTokens: 0, outputTokens: 0 }
  return (
    models.length === 0 || models.some((model) => deps.costOf({ service, model, ...none }) === null)
  )
}

const unpriced: Refusal = { reason: 'price-unknown', limit: null, retryAfterMs: null }

type Use = {
  readonly inputTokens: number
  /** The price of the most expensive model that may answer, in micro-dollars. */
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
      ...models.map((model) => deps.costOf({ service, model, inputTokens, outputTokens }) ?? 0),
    )
}

function estimate(
  use: Use & { readonly outputTokens: number | null; readonly expected: number },
  body: BodyFacts,
): Estimate {
  const { inputTokens, costOf } = use
  // A bound that cannot be read as a number counts as Infinity.
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
 * Returns the most output that budgets still allow, if that is less than requested. Null if no cap
 * is needed, or if not even one token is left: then the limit refuses.
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
