import { describe, expect, test } from 'vitest'
import { anEndpoint, aPrincipal, aService, someFacts } from '../../test/support/questions.ts'
import { anonymous } from '../model/principal.ts'
import { type Reason, reasons } from '../model/reason.ts'
import { resolveCaller } from './caller.ts'

const open = anEndpoint({ class: 'open' })
const service = aService({ anonymous: true })
const publicFacts = someFacts({ endpoint: open, service })

describe('resolveCaller', () => {
  test('an unidentified caller becomes anonymous if endpoint and service both allow it', () => {
    expect(resolveCaller(publicFacts, 'no-credential')).toBe(anonymous)
  })

  test.each([
    ['the service does not say so', someFacts({ endpoint: open })],
    ['the endpoint is not open', someFacts({ service, endpoint: anEndpoint({ class: 'read' }) })],
    ['the endpoint is not known', someFacts({ service, endpoint: null })],
    ['the service is not known', someFacts({ service: null, endpoint: open })],
  ])('an unidentified caller stays unidentified if %s', (_, facts) => {
    expect(resolveCaller(facts, 'no-credential')).toBe('no-credential')
  })

  test.each((Object.keys(reasons) as Reason[]).filter((reason) => reason !== 'no-credential'))(
    'a bad credential never becomes anonymous: %s',
    (reason) => {
      expect(resolveCaller(publicFacts, reason)).toBe(reason)
    },
  )

  describe('a public endpoint of a chat', () => {
    const visitor = { ...anonymous, models: ['small'] }
    const chatOf = (isOpen: boolean) => {
      const perAddress = { burst: 1, perMinute: 1 }
      const rules = { behind: 'litellm', otherPrefixes: [], model: null }
      const chat = { ...rules, visitor: isOpen ? { principal: visitor, perAddress } : null }
      return aService({ kind: 'chat', chat })
    }
    const listed = anEndpoint({ isPublic: true })
    const callerAt = (facts: Partial<ReturnType<typeof someFacts>>) =>
      resolveCaller(someFacts(facts), 'no-credential')

    test('has the visitor that its service names as its caller', () => {
      expect(callerAt({ service: chatOf(true), endpoint: listed })).toBe(visitor)
    })

    test('has no caller when the service names no visitor, or has another endpoint', () => {
      expect(callerAt({ service: chatOf(false), endpoint: listed })).toBe('no-credential')
      expect(callerAt({ service: chatOf(true), endpoint: anEndpoint() })).toBe('no-credential')
      expect(callerAt({ service: aService(), endpoint: listed })).toBe('no-credential')
    })
  })

  test('a principal stays unchanged', () => {
    const principal = aPrincipal()
    expect(resolveCaller(publicFacts, principal)).toBe(principal)
  })
})

test('the anonymous principal holds nothing', () => {
  expect(anonymous).toMatchObject({ role: 'readonly', services: [], kind: 'anonymous' })
})
