import { expect, test } from 'vitest'
import { aPrincipal, aQuestion, aService } from '../../../test/support/questions.ts'
import { anonymous } from '../../model/principal.ts'
import { grantedService } from './granted-service.ts'

const ask = (
  services: readonly string[],
  service: ReturnType<typeof aService> | null = aService(),
) => aQuestion({ principal: aPrincipal({ services }), facts: { service } })
const refused = 'service-not-granted'

test.each([
  { name: 'a service of the key', question: ask(['ollama']), expected: null },
  { name: 'a tts key at the chat', question: ask(['tts']), expected: refused },
  { name: 'a key without services', question: ask([]), expected: refused },
  { name: 'another letter case', question: ask(['Ollama']), expected: refused },
  { name: 'a part of the name', question: ask(['ollam', 'ollama2']), expected: refused },
  { name: 'an asterisk', question: ask(['*']), expected: refused },
  { name: 'an empty name', question: ask(['']), expected: refused },
  { name: 'no service', question: ask(['ollama'], null), expected: refused },
  {
    name: 'the gatekeeper’s own endpoints, which every principal may call',
    question: ask([], aService({ kind: 'own', name: 'gatekeeper' })),
    expected: null,
  },
  { name: 'the anonymous caller', question: aQuestion({ principal: anonymous }), expected: null },
])('$name: $expected', ({ question, expected }) => {
  expect(grantedService.examine(question)).toBe(expected)
})

test('a service cannot name itself "own" to be open to all', () => {
  const service = aService({ kind: 'http', name: 'own' })
  expect(grantedService.examine(ask([], service))).toBe(refused)
})
