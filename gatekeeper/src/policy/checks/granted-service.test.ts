import { expect, test } from 'vitest'
import { aPrincipal, aQuestion, aService } from '../../../test/support/questions.ts'
import { controlService } from '../../kinds/own/own-services.ts'
import { providers } from '../../kinds/providers/providers.ts'
import { anonymous } from '../../model/principal.ts'
import { namesOfAll } from '../service-names.ts'
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

test('administration is granted by its own name and by nothing else', () => {
  const granted = (...services: string[]) => grantedService.examine(ask(services, controlService))
  expect(granted('control')).toBe(null)
  for (const name of ['*', 'gatekeeper', 'Control', 'admin', '/admin', 'oauth']) {
    expect([name, granted(name)]).toEqual([name, refused])
  }
})

test('everything that administers is of the class manage, which only the role admin has', () => {
  expect((controlService.kind.rows ?? []).filter((row) => row.class !== 'manage')).toEqual([])
})

test('`*` includes neither administration nor any provider', () => {
  const all = [controlService, ...providers.map((kind) => aService({ name: kind.name, kind }))]
  expect(namesOfAll(all)).toEqual([])
  expect(namesOfAll([aService()])).toEqual(['ollama'])
})
