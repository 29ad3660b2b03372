/** The usage facts of each service: its prices, and the owners of the answers that it stores. */
import type { Admission } from '../model/admission.ts'
import type { AnswerReader } from '../model/answer-reader.ts'
import type { BodyFacts } from '../model/facts.ts'
import type { Service } from '../model/service.ts'
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
    /** In integer micro-dollars. */
    costOf: ({ service, model, inputTokens, outputTokens }: Use): number => {
      const price = pricesOf(service.name)(model)
      return price === null ? 0 : costOf(price, inputTokens, outputTokens)
    },
    /** Returns null if nothing of the answer is counted. */
    createReader: (admission: Admission, body: BodyFacts | null): AnswerReader | null => {
      const { endpoint, service } = admission.facts
      if (service === null || endpoint?.class !== 'use') return null
      const kept = { service: service.name, principal: admission.principal.id }
      return createAnswerReader({
        endpoint,
        model: body?.models[0] ?? null,
        promptBytes: body?.promptBytes ?? 0,
        priceOf: pricesOf(service.name),
        onStored: (id) => responses.remember({ ...kept, id }),
        onItem: (id) => items.remember({ ...kept, id }),
      })
    },
  }
}
