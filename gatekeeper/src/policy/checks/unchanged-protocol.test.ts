import { describe, expect, test } from 'vitest'
import { anEndpoint, aQuestion } from '../../../test/support/questions.ts'
import type { RequestFacts } from '../../model/facts.ts'
import { unchangedProtocol } from './unchanged-protocol.ts'

const listed = anEndpoint({ method: 'GET', webSocket: true })
const ask = (facts: Partial<RequestFacts>) => aQuestion({ facts: { point: 'check', ...facts } })
const refused = 'upgrade-refused'

test.each([
  { name: 'no upgrade', question: ask({}), expected: null },
  {
    name: 'a WebSocket on a row that says so',
    question: ask({ upgrade: 'websocket', endpoint: listed }),
    expected: null,
  },
  {
    name: 'a WebSocket on another row',
    question: ask({ upgrade: 'websocket' }),
    expected: refused,
  },
  {
    name: 'a WebSocket on no row',
    question: ask({ upgrade: 'websocket', endpoint: null }),
    expected: refused,
  },
  {
    name: 'a WebSocket through the relay',
    question: ask({ point: 'relay', upgrade: 'websocket', endpoint: listed }),
    expected: 'upgrade-not-relayed',
  },
  {
    name: 'any upgrade through the relay, on no row',
    question: ask({ point: 'relay', upgrade: 'h2c', endpoint: null }),
    expected: 'upgrade-not-relayed',
  },
  {
    name: 'h2c, a tunnel for unseen requests',
    question: ask({ upgrade: 'h2c', endpoint: listed }),
    expected: refused,
  },
  {
    name: 'both in one list',
    question: ask({ upgrade: 'websocket, h2c', endpoint: listed }),
    expected: refused,
  },
  { name: 'an empty value', question: ask({ upgrade: '', endpoint: listed }), expected: refused },
  { name: 'TLS', question: ask({ upgrade: 'tls/1.0', endpoint: listed }), expected: refused },
])('$name: $expected', ({ question, expected }) => {
  expect(unchangedProtocol.examine(question)).toBe(expected)
})

describe('the forwarded sub-protocols', () => {
  test('are named, without the keys among them', () => {
    const question = ask({ upgrade: 'websocket', subprotocols: ['chat'] })
    expect(unchangedProtocol.oblige?.(question)).toEqual({
      kind: 'set-subprotocols',
      subprotocols: ['chat'],
    })
  })

  test('are not set when none is left, or without an upgrade', () => {
    expect(unchangedProtocol.oblige?.(ask({ upgrade: 'websocket' }))).toBeNull()
    expect(unchangedProtocol.oblige?.(ask({ subprotocols: ['chat'] }))).toBeNull()
  })
})
