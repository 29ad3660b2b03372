import { expect, test } from 'vitest'
import { aPrincipal, aQuestion, aService } from '../../../test/support/questions.ts'
import { allowedOrigin } from './allowed-origin.ts'

const service = aService({ origins: ['https://app.example'] })
const ask = (origin: string | null, origins: readonly string[] = []) =>
  aQuestion({
    principal: aPrincipal({ origins }),
    facts: { service, origin, host: 'ai.example:8443' },
  })
const refused = 'origin-not-allowed'

test.each([
  { name: 'no page at all', question: ask(null), expected: null },
  { name: 'a page of the gate itself', question: ask('https://ai.example:8443'), expected: null },
  { name: 'a page that the service names', question: ask('https://app.example'), expected: null },
  { name: 'a foreign page', question: ask('https://evil.example'), expected: refused },
  { name: 'a sandboxed frame', question: ask('null'), expected: refused },
  { name: 'an empty origin', question: ask(''), expected: refused },
  { name: 'the same host without TLS', question: ask('http://ai.example:8443'), expected: refused },
  { name: 'another port', question: ask('https://ai.example'), expected: refused },
  { name: 'the named page without TLS', question: ask('http://app.example'), expected: refused },
  { name: 'a sub-domain', question: ask('https://x.app.example'), expected: refused },
  { name: 'a suffix', question: ask('https://app.example.evil.example'), expected: refused },
  { name: 'a prefix', question: ask('https://evilapp.example'), expected: refused },
  { name: 'the other case', question: ask('https://APP.example'), expected: refused },
  { name: 'a list', question: ask('https://app.example https://evil.example'), expected: refused },
  {
    name: 'the key’s own page',
    question: ask('https://app.example', ['https://app.example']),
    expected: null,
  },
  {
    name: 'a page of the service which the key does not name',
    question: ask('https://app.example', ['https://other.example']),
    expected: refused,
  },
  {
    name: 'a page of the key which the service does not name',
    question: ask('https://other.example', ['https://other.example']),
    expected: refused,
  },
  {
    name: 'a script without origin with a key bound to pages',
    question: ask(null, ['https://app.example']),
    expected: refused,
  },
  {
    name: 'the gate’s own page with a key bound to others',
    question: ask('https://ai.example:8443', ['https://app.example']),
    expected: refused,
  },
])('$name: $expected', ({ question, expected }) => {
  expect(allowedOrigin.examine(question)).toBe(expected)
})
