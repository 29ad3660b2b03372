import { expect, test } from 'vitest'
import { noCaps } from '../src/model/caps.ts'
import { noBody } from '../src/model/facts.ts'
import { allowedAddress } from '../src/policy/checks/allowed-address.ts'
import { grantedClass } from '../src/policy/checks/granted-class.ts'
import { grantedService } from '../src/policy/checks/granted-service.ts'
import { withinCaps } from '../src/policy/checks/within-caps.ts'
import { anEndpoint, aPrincipal, aQuestion } from './support/questions.ts'

const caps = { ...noCaps, contextTokens: 8_000, outputTokens: 100, keepAliveSeconds: 600 }
const asking = (body: object) =>
  aQuestion({ principal: aPrincipal({ caps }), body: { ...noBody, ...body } })

test.each([
  [{ contextTokens: 9_000 }, 'num_ctx', 'num_ctx is 9000; the limit is 8000 tokens.'],
  [
    { outputTokens: 101 },
    'options.num_predict',
    'options.num_predict is 101; the limit is 100 output tokens.',
  ],
  [
    { keepAliveSeconds: Number.POSITIVE_INFINITY },
    'keep_alive',
    'keep_alive is unlimited, or not a number; the limit is 600 seconds.',
  ],
])('a cap: %j is named with the requested and the allowed value', (body, param, text) => {
  expect(withinCaps.describe?.(asking(body))).toEqual({ text, param })
})

test('the required role and the service are named', () => {
  const manage = aQuestion({ facts: { endpoint: anEndpoint({ class: 'manage' }) } })
  expect(grantedClass.describe?.(manage)?.text).toBe(
    'POST needs the role admin here, and this key has the role readwrite.',
  )
  const token = aQuestion({ principal: aPrincipal({ kind: 'token', services: [] }) })
  expect(grantedService.describe?.(token)?.text).toBe(
    'This access token may not call the service ollama: the service is not in its list.',
  )
  expect(allowedAddress.describe?.(aQuestion())?.text).toBe(
    'This key may not be used from the address 192.0.2.7.',
  )
})
