import { expect, test } from 'vitest'
import { aQuestion } from '../../../test/support/questions.ts'
import type { RequestFacts } from '../../model/facts.ts'
import { anonymous } from '../../model/principal.ts'
import { sameSite } from './same-site.ts'

const ask = (facts: Partial<RequestFacts>) => aQuestion({ facts: { host: 'ai.example', ...facts } })
const own = 'https://ai.example'
const evil = 'https://evil.example'
const refused = 'cross-site'

test.each([
  { name: 'Basic from a terminal', question: ask({ carrier: 'basic' }), expected: null },
  {
    name: 'Basic from the gate’s own page',
    question: ask({ carrier: 'basic', origin: own, fetchSite: 'same-origin' }),
    expected: null,
  },
  {
    name: 'Basic from a typed address',
    question: ask({ carrier: 'basic', fetchSite: 'none' }),
    expected: null,
  },
  {
    name: 'Basic from a foreign page',
    question: ask({ carrier: 'basic', origin: evil, fetchSite: 'cross-site' }),
    expected: refused,
  },
  {
    name: 'Basic from a foreign page of a browser that knows no Sec-Fetch-Site',
    question: ask({ carrier: 'basic', origin: evil }),
    expected: refused,
  },
  {
    name: 'Basic from a foreign image, which sends no Origin',
    question: ask({ carrier: 'basic', fetchSite: 'cross-site' }),
    expected: refused,
  },
  {
    name: 'Basic from a sandboxed frame',
    question: ask({ carrier: 'basic', origin: 'null' }),
    expected: refused,
  },
  {
    name: 'Basic from another port of the host',
    question: ask({ carrier: 'basic', origin: `${own}:8443`, fetchSite: 'same-site' }),
    expected: refused,
  },
  {
    name: 'a key in a field, which no browser adds by itself',
    question: ask({ carrier: 'authorization', origin: evil, fetchSite: 'cross-site' }),
    expected: null,
  },
  {
    name: 'an anonymous call from a foreign page',
    question: { ...ask({ carrier: 'none', origin: evil }), principal: anonymous },
    expected: refused,
  },
  {
    name: 'an anonymous call from a foreign image',
    question: { ...ask({ carrier: 'none', fetchSite: 'cross-site' }), principal: anonymous },
    expected: refused,
  },
  {
    name: 'an anonymous call from a terminal',
    question: { ...ask({ carrier: 'none' }), principal: anonymous },
    expected: null,
  },
])('$name: $expected', ({ question, expected }) => {
  expect(sameSite.examine(question)).toBe(expected)
})

test.each(['Cross-Site', 'CROSS-SITE'])('%s in another case is still cross-site', (fetchSite) => {
  // No browser writes it like this; a client that does must not gain by it.
  expect(sameSite.examine(ask({ carrier: 'basic', fetchSite, origin: evil }))).toBe(refused)
})
