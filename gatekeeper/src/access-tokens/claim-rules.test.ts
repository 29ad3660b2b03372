import { describe, expect, test } from 'vitest'
import { findMisses, readScopes } from './claim-rules.ts'

const fits = (when: Record<string, readonly string[]>, claims: object) =>
  findMisses(when, claims as Record<string, unknown>).length === 0

describe('a rule on a scope', () => {
  test.each([
    { scp: 'openid ai.use' },
    { scp: 'ai.use' },
    { scp: ' ai.use  profile' },
    { scp: ['openid', 'ai.use'] },
    { scp: ['ai.use'] },
  ])('matches a whole word: %j', (claims) => {
    expect(fits({ scp: ['ai.use'] }, claims)).toBe(true)
    const scope = (claims as { scp: unknown }).scp
    expect(fits({ scope: ['ai.use'] }, { scope })).toBe(true)
  })

  test.each([
    ...['ai.users', 'xai.use', 'ai.use.all', 'AI.USE', 'ai use', 'ai', '', 'ai.use,openid'],
    // Words are divided by blanks alone (RFC 6749 §3.3).
    ...['openid\tai.use', 'openid\u00a0ai.use', 'openid\nai.use', 'ai.use\u2003x', 'ai.use\u200b'],
    ...[['openid ai.use'], [['ai.use']], { 'ai.use': true }, null, 5],
  ])('does not match part of a word, other white space or another form: %j', (scp) => {
    expect(fits({ scp: ['ai.use'] }, { scp })).toBe(false)
  })

  test('may still match the whole text', () => {
    expect(fits({ scope: ['openid ai.use'] }, { scope: 'openid ai.use' })).toBe(true)
    expect(fits({ scope: ['openid ai.use'] }, { scope: 'ai.use openid' })).toBe(false)
  })

  test('other claims are not split: a name with a blank is one name', () => {
    expect(fits({ groups: ['admin'] }, { groups: 'no admin' })).toBe(false)
    expect(fits({ 'a.scope': ['admin'] }, { a: { scope: 'no admin' } })).toBe(false)
  })

  test('scope and scp are two claims, and a rule on one does not read the other', () => {
    expect(fits({ scope: ['ai.use'] }, { scp: 'ai.use' })).toBe(false)
  })
})

test('every claim that does not match is listed', () => {
  const when = { scp: ['a'], groups: ['staff'], tier: ['1'] }
  expect(findMisses(when, { scp: 'b', groups: ['staff'], tier: 2 })).toEqual(['scp', 'tier'])
})

test('the scopes of a token are words, or the entries of a list', () => {
  expect(readScopes({ scope: 'a b' })).toEqual(['a', 'b'])
  expect(readScopes({ scp: ['a', 'b'] })).toEqual(['a', 'b'])
})
