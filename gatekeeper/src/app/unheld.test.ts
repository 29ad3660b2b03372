import { expect, test } from 'vitest'
import { aPrincipal, aRoute, aService } from '../../test/support/questions.ts'
import { type Limit, parseLimit } from '../model/limit.ts'
import type { Principal } from '../model/principal.ts'
import { noPolicies } from '../policy/policies.ts'
import { warnOfUnheld } from './unheld.ts'

const limits = (...texts: string[]) => texts.map((text) => parseLimit(text) as Limit)
const people: Record<string, Partial<Principal>> = {
  free: {},
  counted: { limits: limits('60/min') },
  rich: { limits: limits('60/min', '200k-tokens/day') },
  named: { models: ['m'] },
  pair: { limits: limits('2-concurrent') },
}
const keys = {
  idsWithOnly: () => Object.keys(people),
  findById: (id: string) => aPrincipal({ id: `key:${id}`, ...people[id] }),
}

function warningsOf(service: ReturnType<typeof aService>) {
  const said: unknown[] = []
  const log = { warn: (...words: unknown[]) => void said.push(words) }
  warnOfUnheld({ services: [service], policies: noPolicies, keys, log: log as never })
  return said
}
const checked = [aRoute({ prefix: '/chat', mode: 'check' }), aRoute()]

test('a check route with models is listed, with each key whose limits cannot be enforced there', () => {
  expect(warningsOf(aService({ routes: checked }))).toEqual([
    [
      {
        route: '/chat',
        keys: ['rich: 200k-tokens/day', 'named: models', 'pair: 2-concurrent'],
        all: 3,
      },
      expect.stringMatching(/^\/chat is a check route.*mode: relay/),
    ],
  ])
})

test('limits of tokens, money and models close no service without models', () => {
  expect(warningsOf(aService({ kind: 'http', routes: checked }))).toMatchObject([
    [{ keys: ['pair: 2-concurrent'] }, expect.any(String)],
  ])
})

test('relayed routes enforce every limit, and nothing is reported', () => {
  expect(warningsOf(aService())).toEqual([])
})
