/** The usage facts of each service: its prices, and the owners of the answers that it stores. */
import type { Admission } from '../model/admission.ts'
import type { AnswerReader } from '../model/answer-reader.ts'
import type { BodyFacts } from '../model/facts.ts'
import { providerOf, type Service } from '../model/service.ts'
import { createAnswerReader } from './answer-reader.ts'
import { costOf, createPriceLists } from './pricing.ts'
import { createResponseOwners } from './response-owners.ts'

type Use = {
  readonly service: Service
  readonly model: string
  readonly inputTokens: number
  readonly outputTokens: number
}

export function createAnswerReaders(services: readonly Service[]) {
  const pricesOf = createPriceLists(services)
  const responses = createResponseOwners()
  // Separate from those: an answer has many items, which must not displace answers.
  const items = createResponseOwners({ max: 50_000 })
  return {
    isOwnResponse: responses.isOwn,
    isOwnItem: items.isOwn,
    /** In integer micro-dollars; null if a provider sells the model at a price that nobody knows. */
    costOf: ({ service, model, inputTokens, outputTokens }: Use): number | null => {
      const price = pricesOf(service.name)(model)
      if (price === null) return providerOf(service) === null ? 0 : null
      return costOf(price, inputTokens, outputTokens)
    },
    /** Returns null if nothing of the answer is counted. */
    createReader: (admission: Admission, body: BodyFacts | null): AnswerReader | null => {
      const { endpoint, service } = admission.facts
      if (service === null || endpoint?.class !== 'use') return null
      const kept = { service: service.name, principal: admission.principal.id }
      return createAnswerReader({
        endpoint,
        models: body?.models ?? [],
        isOfProvider: billsUnseen(service),
        promptBytes: body?.promptBytes ?? 0,
        priceOf: pricesOf(service.name),
        isMoneyLimited: Number.isFinite(admission.reservation.room().microUsd),
        onStored: (id) => responses.remember({ ...kept, id }),
        onItem: (id) => items.remember({ ...kept, id }),
      })
    },
  }
}

/**
 * Whether what arrived of a broken answer may be less than what is billed. A router such as LiteLLM
 * usually ends the provider's answer with its own; but strangers use the widget, and could break off
 * each answer.
 */
function billsUnseen(service: Service): boolean {
  const isRouted = service.widget !== undefined && service.kind.sellsModels === true
  return isRouted || providerOf(service) !== null
}
