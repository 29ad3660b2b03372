import { describe, expect, test } from 'vitest'
import { aPrincipal, sampleKey, someFacts } from '../../test/support/questions.ts'
import { type Decided, logDecision } from './decision-log.ts'
import { createLog } from './log.ts'

function write(decided: Partial<Decided>, plain = false): string {
  const lines: string[] = []
  const log = createLog({ write: (line) => lines.push(line) }, { plain })
  logDecision(log, {
    facts: someFacts(),
    requestId: 'request-1',
    principal: aPrincipal(),
    reason: null,
    status: 200,
    outcome: { status: 200, kind: 'answered', answerBytes: 12 },
    durationMs: 1.26,
    ...decided,
  })
  expect(lines).toHaveLength(1)
  return lines[0] ?? ''
}

describe('the log line of a request', () => {
  test('that was answered', () => {
    expect(JSON.parse(write({}))).toEqual({
      level: 'info',
      time: expect.any(String),
      outcome: 'allow',
      requestId: 'request-1',
      traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
      point: 'relay',
      method: 'POST',
      path: '/api/chat',
      service: 'ollama',
      endpoint: '/api/chat',
      clientAddress: '192.0.2.7',
      principal: 'key:abcde01234',
      user: 'ada',
      status: 200,
      ended: 'answered',
      answerBytes: 12,
      durationMs: 1.3,
      message: 'decision',
    })
  })

  test('that was refused has the reason, at its level', () => {
    const line = write({ reason: 'cross-site', check: 'same-site', status: 403, outcome: null })
    expect(JSON.parse(line)).toMatchObject({
      level: 'warn',
      outcome: 'deny',
      reason: 'cross-site',
      check: 'same-site',
      status: 403,
    })
  })

  test('that failed behind the gate', () => {
    const outcome = { status: 0, kind: 'failed', answerBytes: 0 } as const
    const line = write({ reason: 'upstream-unreachable', status: 503, outcome })
    expect(JSON.parse(line)).toMatchObject({ level: 'warn', outcome: 'fail', ended: 'failed' })
  })

  test('that was refused before it was read', () => {
    const refused = { facts: null, principal: null, reason: 'edge-refused', outcome: null } as const
    expect(JSON.parse(write({ ...refused, status: 403 }))).toMatchObject({
      level: 'warn',
      reason: 'edge-refused',
    })
    expect(write({ ...refused, status: 403 }, true)).toContain('edge-refused')
  })
})

describe('has no credential', () => {
  const places: [string, Partial<Decided>][] = [
    ['the path', { facts: someFacts({ path: `/api/${sampleKey}` }) }],
    ['the query', { facts: someFacts({ query: `key=${sampleKey}` }) }],
    ['the method', { facts: someFacts({ method: sampleKey }) }],
    ['the host', { facts: someFacts({ host: sampleKey }) }],
    ['the origin', { facts: someFacts({ origin: sampleKey }) }],
    ['the sub-protocols', { facts: someFacts({ subprotocols: [sampleKey] }) }],
    ['the upgrade', { facts: someFacts({ upgrade: sampleKey }) }],
    ['the endpoint’s path', { facts: someFacts({ endpointPath: sampleKey }) }],
    ['the user', { principal: aPrincipal({ user: sampleKey }) }],
    ['the request’s id', { requestId: sampleKey }],
  ]
  test.each(places)('from %s', (_, decided) => {
    for (const plain of [false, true]) {
      expect(write(decided, plain)).not.toContain(sampleKey.slice(14))
    }
  })

  test('has no part of one beyond its id, wherever the path is cut', () => {
    for (let before = 120; before <= 200; before++) {
      const path = `/${'a'.repeat(before)}/${sampleKey}`
      const line = write({ facts: someFacts({ path }) })
      expect([before, line.includes(sampleKey.slice(14, 17))]).toEqual([before, false])
    }
  })

  test('has no query, whatever it holds', () => {
    expect(write({ facts: someFacts({ query: 'canary=1' }) })).not.toContain('canary')
  })
})

test('has a length that an unknown caller cannot choose', () => {
  const long = 'a'.repeat(30_000)
  expect(write({ facts: someFacts({ path: `/${long}` }) }).length).toBeLessThan(1_000)
  expect(write({ facts: someFacts({ method: long.toUpperCase() }) }).length).toBeLessThan(1_500)
})
