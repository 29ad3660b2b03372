import { expect, it } from 'vitest'
import { aPrincipal } from '../../test/support/questions.ts'
import type { Service } from '../model/service.ts'
import type { ReserveQuestion } from './reserve.ts'
import { limitReuse } from './single-use.ts'

const service = { widget: { singleUse: true } } as unknown as Service
const question = (tokenId: string | null, issuedAt: number) =>
  ({
    facts: { service },
    principal: aPrincipal({ kind: 'widget', visit: { tokenId, issuedAt } }),
    limits: [],
  }) as unknown as ReserveQuestion

it('a token passes once, also after the memory has turned', () => {
  let now = 1_000_000
  const [reserver] = limitReuse([service], () => now)
  const reasonOf = (tokenId: string | null, issuedAt = now) => {
    const answer = reserver?.reserve(question(tokenId, issuedAt))
    return answer && 'reason' in answer ? answer.reason : null
  }
  expect([reasonOf('a'), reasonOf('a'), reasonOf('b')]).toEqual([null, 'token-revoked', null])
  expect(reserver?.rehearse(question('c', now))).toBeNull()
  expect(reasonOf('c')).toBeNull()
  now += 899_000
  expect(reasonOf('c', 1_000_000)).toBe('token-revoked')
  now += 2_000
  expect(reasonOf('c', 1_000_000)).toBe('token-revoked')
  // A token without an id, and one from before the start, cannot be known as unused.
  expect([reasonOf(null), reasonOf('old', 900_000)]).toEqual(['token-revoked', 'token-revoked'])
})

it('is not there unless the operator asks for it', () => {
  expect(limitReuse([{ ...service, widget: { singleUse: false } } as never], () => 0)).toEqual([])
})
