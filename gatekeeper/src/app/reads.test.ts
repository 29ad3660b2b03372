import { expect, test } from 'vitest'
import { anEndpoint, aPrincipal, aService, someFacts } from '../../test/support/questions.ts'
import { parseLimit, type QuotaLimit } from '../model/limit.ts'
import { anonymous } from '../model/principal.ts'
import { createReaderBound } from './reads.ts'

const bound = () => createReaderBound(parseLimit('3/hour') as QuotaLimit)
const open = anEndpoint({ class: 'open' })
const from = (clientAddress: string, over = {}) => ({
  facts: someFacts({ clientAddress, endpoint: open, ...over }),
  principal: anonymous,
})

test('a stranger reads no more than the limit, and takes nothing from another address', () => {
  const refuse = bound()
  const answers = Array.from({ length: 5 }, () => refuse(from('192.0.2.1'))?.reason ?? null)
  expect(answers).toEqual([null, null, null, 'rate-limited', 'rate-limited'])
  expect(refuse(from('192.0.2.2'))).toBeNull()
})

test('the addresses of one IPv6 network are one', () => {
  const refuse = bound()
  const answers = [1, 2, 3, 4].map((last) => refuse(from(`2001:db8::${last}`))?.reason ?? null)
  expect(answers).toEqual([null, null, null, 'rate-limited'])
})

test('callers with a key, our own endpoints and what is no read are not counted here', () => {
  const refuse = bound()
  const others = [
    { ...from('192.0.2.1'), principal: aPrincipal() },
    from('192.0.2.1', { service: aService({ kind: 'own' }) }),
    from('192.0.2.1', { endpoint: anEndpoint({ class: 'use' }) }),
  ]
  for (let round = 0; round < 9; round++) for (const one of others) expect(refuse(one)).toBeNull()
})
