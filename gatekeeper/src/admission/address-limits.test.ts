import { expect, test } from 'vitest'
import { anEndpoint, aPrincipal, aService, someFacts } from '../../test/support/questions.ts'
import { parseLimit, type QuotaLimit } from '../model/limit.ts'
import { anonymous } from '../model/principal.ts'
import type { Reason } from '../model/reason.ts'
import { limitReaders } from './address-limits.ts'

const limit = () => limitReaders(parseLimit('3/hour') as QuotaLimit)
const open = anEndpoint({ class: 'open' })
const from = (clientAddress: string, over = {}) => ({
  facts: someFacts({ clientAddress, endpoint: open, ...over }),
  principal: anonymous,
  limits: [],
})
const reasonOf = (answer: object | null) => (answer as { reason?: Reason } | null)?.reason ?? null

test('an unknown caller reads no more than the limit, and uses nothing of another address', () => {
  const { reserve } = limit()
  const answers = Array.from({ length: 5 }, () => reasonOf(reserve(from('192.0.2.1'))))
  expect(answers).toEqual([null, null, null, 'rate-limited', 'rate-limited'])
  expect(reserve(from('192.0.2.2'))).toBeNull()
})

test('a rehearsal gives the same answer and charges nothing', () => {
  const { reserve, rehearse } = limit()
  for (let turn = 0; turn < 9; turn++) expect(rehearse(from('192.0.2.1'))).toBeNull()
  for (let turn = 0; turn < 3; turn++) expect(reserve(from('192.0.2.1'))).toBeNull()
  expect(reasonOf(rehearse(from('192.0.2.1')))).toBe('rate-limited')
})

test('the addresses of one IPv6 network share one limit', () => {
  const { reserve } = limit()
  const answers = [1, 2, 3, 4].map((last) => reasonOf(reserve(from(`2001:db8::${last}`))))
  expect(answers).toEqual([null, null, null, 'rate-limited'])
})

test('callers with a key, our own endpoints and requests that do not read are not counted here', () => {
  const { reserve } = limit()
  const others = [
    { ...from('192.0.2.1'), principal: aPrincipal() },
    from('192.0.2.1', { service: aService({ kind: 'own' }) }),
    from('192.0.2.1', { endpoint: anEndpoint({ class: 'use' }) }),
  ]
  for (let round = 0; round < 9; round++) for (const one of others) expect(reserve(one)).toBeNull()
})
