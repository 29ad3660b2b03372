import { describe, expect, test } from 'vitest'
import {
  anEndpoint,
  aPrincipal,
  aReservation,
  aService,
  kindsByName,
  someFacts,
} from '../../test/support/questions.ts'
import { providers } from '../kinds/providers/providers.ts'
import type { Refusal } from '../model/admission.ts'
import type { Obligation } from '../model/decision.ts'
import { type BodyFacts, noBody, type RequestFacts } from '../model/facts.ts'
import type { Kind } from '../model/kind.ts'
import type { Principal } from '../model/principal.ts'
import type { Estimate } from '../model/usage.ts'
import { extendReservation } from './estimate.ts'

const perInput = 2
const perOutput = 10
const deps = {
  costOf: ({
    model,
    inputTokens,
    outputTokens,
  }: {
    model: string
    inputTokens: number
    outputTokens: number
  }) => (model === 'free' ? 0 : inputTokens * perInput + outputTokens * perOutput),
  outputTokensExpected: 1000,
}
const refusal: Refusal = { reason: 'quota-exceeded', limit: null, retryAfterMs: null }

type Given = {
  readonly body?: Partial<BodyFacts> | null
  readonly facts?: Partial<RequestFacts>
  readonly principal?: Partial<Principal>
  readonly obligations?: readonly Obligation[]
  readonly room?: { readonly tokens?: number; readonly microUsd?: number }
}

/** Returns what the reservation receives, and its result. */
function extend({ body = {}, facts, principal, obligations = [], room = {} }: Given) {
  const asked: Estimate[] = []
  const reservation = aReservation({
    room: () => ({ tokens: Number.POSITIVE_INFINITY, microUsd: Number.POSITIVE_INFINITY, ...room }),
    extend: (estimate) => {
      asked.push(estimate)
      const isFitting =
        estimate.firm.tokens <= (room.tokens ?? Number.POSITIVE_INFINITY) &&
        estimate.firm.microUsd <= (room.microUsd ?? Number.POSITIVE_INFINITY)
      return isFitting ? null : refusal
    },
  })
  const question = {
    facts: someFacts(facts),
    principal: aPrincipal(principal),
    obligations,
    body: body === null ? null : { ...noBody, models: ['m'], promptBytes: 400, ...body },
  }
  return { result: extendReservation(question, reservation, deps), estimate: asked[0] ?? null }
}

describe('a request is expected to use', () => {
  test.each([
    ['what it asks for', { outputTokens: 50 }, 150, 700, 0],
    ['its prompt, and output if some is left', {}, 100, 200, 1000],
    ['the price of the dearest model', { models: ['free', 'm'], outputTokens: 1 }, 101, 210, 0],
    ['no money when no model is named', { models: [], outputTokens: 1 }, 101, 0, 0],
    ['part of a token as a whole one', { promptBytes: 401, outputTokens: 0 }, 101, 202, 0],
  ] as [string, Partial<BodyFacts>, number, number, number][])(
    '%s',
    (_, body, tokens, microUsd, hoped) => {
      const { result, estimate } = extend({ body })
      expect(result).toEqual({ obligations: [] })
      expect(estimate).toMatchObject({ firm: { tokens, microUsd }, hoped: { tokens: hoped } })
      expect(estimate?.hoped.microUsd).toBe(body.models?.length === 0 ? 0 : hoped * perOutput)
    },
  )

  test('no output when it makes none', () => {
    const facts = { endpoint: anEndpoint({ output: [] }) }
    const { estimate } = extend({ facts, body: { outputTokens: null } })
    expect(estimate).toMatchObject({ firm: { tokens: 100 }, hoped: { tokens: 0 } })
  })

  test.each([
    ['a check route', { body: null }],
    ['reading', { facts: { endpoint: anEndpoint({ class: 'read' }) } }],
    ['unloading a model', { body: { isUnload: true } }],
  ] as const)('nothing for %s', (_, given) => {
    expect(extend(given)).toEqual({ result: { obligations: [] }, estimate: null })
  })

  test.each([
    ['more than that', 5000],
    ['no number', null],
  ])('no more than its cap when it asks for %s', (_, outputTokens) => {
    const obligations = [{ kind: 'cap-output', outputTokens: 7 }] as const
    const { estimate } = extend({ body: { outputTokens }, obligations })
    expect(estimate).toMatchObject({ firm: { tokens: 107 }, hoped: { tokens: 0 } })
  })

  test('nothing, and is refused, when it names models without end', () => {
    const models = Array.from({ length: 101 }, (_, at) => `m${at}`)
    const { result, estimate } = extend({ body: { models } })
    expect([result, estimate]).toEqual([
      expect.objectContaining({ reason: 'model-not-allowed' }),
      null,
    ])
  })

  test('more than any limit when it asks for something that is not a number', () => {
    const { estimate } = extend({ body: { outputTokens: Number.POSITIVE_INFINITY } })
    expect(estimate?.firm.tokens).toBeGreaterThan(1e8)
    expect(Number.isSafeInteger(estimate?.firm.tokens)).toBe(true)
  })
})

describe('a surcharge that no table has', () => {
  const ask = (kind: Kind, microUsd: number) =>
    extend({
      facts: { service: aService({ name: 'openai', kind }) },
      body: { asksSurcharge: true },
      room: { microUsd },
    }).result
  const [provider] = providers as readonly [Kind]

  test('is refused under a limit of money where models are sold, and only there', () => {
    const unpriced = { reason: 'price-unknown', limit: null, retryAfterMs: null }
    expect(ask(provider, 1_000_000)).toEqual(unpriced)
    expect(ask(kindsByName.openai, 1_000_000)).toEqual(unpriced)
    expect(ask(provider, Number.POSITIVE_INFINITY)).toEqual({ obligations: [] })
    expect(ask(kindsByName.ollama, 1_000_000)).toEqual({ obligations: [] })
  })
})

describe('with capOutput', () => {
  const principal = { capOutput: true }
  const capOf = (given: Given) => {
    const { result, estimate } = extend({ ...given, principal })
    return 'reason' in result
      ? result.reason
      : [result.obligations[0] ?? null, estimate?.firm.tokens]
  }
  const capAt = (outputTokens: number) => ({ kind: 'cap-output', outputTokens })

  test.each([
    [
      'asks for less than is left',
      { body: { outputTokens: 50 }, room: { tokens: 150 } },
      [null, 150],
    ],
    ['asks for more', { body: { outputTokens: 51 }, room: { tokens: 150 } }, [capAt(50), 150]],
    ['asks for no number', { body: {}, room: { tokens: 150 } }, [capAt(50), 150]],
    ['can pay for less', { body: { outputTokens: 50 }, room: { microUsd: 299 } }, [capAt(9), 109]],
    ['has no limit', { body: {} }, [null, 100]],
    ['has nothing left for output', { body: {}, room: { tokens: 100 } }, [null, 100]],
    ['has not even the prompt', { body: {}, room: { tokens: 99 } }, 'quota-exceeded'],
  ] as const)('a request that %s', (_, given, expected) => {
    expect(capOf(given)).toEqual(expected)
  })

  test('without it, a request for more than is left is refused', () => {
    const { result } = extend({ body: { outputTokens: 51 }, room: { tokens: 150 } })
    expect(result).toBe(refusal)
  })
})
