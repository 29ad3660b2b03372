import { describe, expect, it } from 'vitest'
import type { AuditRecord } from '../../../audit/chain.ts'
import { burstMin } from './bursts.ts'
import { createTally, type TallyResult } from './tally.ts'

const sinceAt = Date.UTC(2026, 10, 22)
let sequence = 0
const at = (seconds: number) => new Date(sinceAt + seconds * 1000).toISOString()
const record = (seconds: number, fields: object): AuditRecord => ({
  ...{ sequence: ++sequence, at: at(seconds), previous: '', event: 'request' },
  ...{ outcome: 'allow', service: 'ollama', clientAddress: '192.0.2.1', principal: 'key:a' },
  ...{ user: 'ada', status: 200 },
  ...fields,
})
const denied = { outcome: 'deny', reason: 'unknown-key', principal: undefined, user: undefined }

function tallyOf(records: readonly AuditRecord[]): TallyResult {
  const tally = createTally(sinceAt)
  for (const one of records) tally.add(one)
  return tally.result()
}
const times = (count: number, make: (at: number) => AuditRecord) =>
  Array.from({ length: count }, (_, at) => make(at))

describe('security events', () => {
  it('are counted by address, also those of strangers that are recorded as a number', () => {
    const refused = (reason: string, fields: object = {}) => ({ ...denied, reason, ...fields })
    const { securityEvents } = tallyOf([
      record(1, refused('malformed-target')),
      record(2, refused('malformed-target')),
      record(3, refused('body-too-large', { clientAddress: '2001:db8::1' })),
      record(4, refused('too-many-attempts', { service: 'control' })),
      record(5, refused('too-many-attempts')),
      record(6, refused('unknown-key')),
      record(7, {
        ...{ event: 'denials', reason: 'malformed-target', addressGroup: '192.0.2.1' },
        ...{ count: 40, minute: at(0) },
      }),
    ])
    expect(securityEvents).toEqual([
      { event: 'refused-path', address: '192.0.2.1', count: 42 },
      { event: 'admin-lock-out', address: '192.0.2.1', count: 1 },
      { event: 'body-above-cap', address: '2001:db8:0:0::/64', count: 1 },
    ])
  })
})

describe('a report of records', () => {
  it('counts what was allowed, refused and failed, and nothing from before its window', () => {
    const { requests, hours, reasons } = tallyOf([
      record(-1, {}),
      record(1, {}),
      record(2, denied),
      record(3700, { outcome: 'fail', reason: 'upstream-timeout', cause: 'ETIMEDOUT' }),
    ])
    expect(requests).toEqual({ allowed: 1, refused: 1, failed: 1 })
    expect(hours).toEqual([
      { hour: '2026-11-22T00:00:00.000Z', allowed: 1, refused: 1 },
      { hour: '2026-11-22T01:00:00.000Z', allowed: 1, refused: 0 },
    ])
    expect(reasons.map(({ name }) => name).sort()).toEqual(['unknown-key', 'upstream-timeout'])
  })

  it.each([
    [4, []],
    [5, ['refused']],
    [100, ['refused', 'many requests']],
  ])('%d refusals of an address are %j', (count, why) => {
    const { suspicious } = tallyOf(times(count, (second) => record(second * 60, denied)))
    expect(suspicious.flatMap((address) => address.why)).toEqual(why)
  })

  it('includes refusals that were only counted', () => {
    const denials = { event: 'denials', addressGroup: '192.0.2.9', reason: 'no-credential' }
    const { requests, suspicious, refusedAddresses } = tallyOf([
      record(60, { ...denials, count: 500, minute: at(0) }),
    ])
    expect(requests.refused).toBe(500)
    expect(refusedAddresses).toEqual([{ name: '192.0.2.9', count: 500 }])
    expect(suspicious[0]).toMatchObject({ address: '192.0.2.9', refused: 500 })
  })

  it('an IPv6 network is one address', () => {
    const { suspicious } = tallyOf(
      times(6, (host) => record(host, { ...denied, clientAddress: `2001:db8::${host + 1}` })),
    )
    expect(suspicious.map(({ address }) => address)).toEqual(['2001:db8:0:0::/64'])
  })

  it('a refused OAuth client is a refusal', () => {
    const oauth = { service: 'oauth', principal: 'anonymous', status: 401 }
    const { requests, reasons } = tallyOf([record(1, oauth)])
    expect([requests.refused, reasons]).toEqual([1, [{ name: 'HTTP 401 of oauth', count: 1 }]])
  })

  it('finds the busiest minute of a caller with many requests at once', () => {
    const spread = times(burstMin * 2, (minute) => record(minute * 60, { principal: 'key:calm' }))
    const dense = times(burstMin + 5, (at) => record(8000 + at / 10, { principal: 'key:fast' }))
    const { bursts } = tallyOf([...spread, ...dense].sort((a, b) => (a.at < b.at ? -1 : 1)))
    expect(bursts).toEqual([
      { who: 'key:fast', minute: at(7980), requests: burstMin + 5, minutes: 1 },
    ])
  })

  it('lists a key used from an address that is new to it, and no new key', () => {
    const { newAddresses } = tallyOf([
      record(-100, {}),
      record(1, {}),
      record(2, { clientAddress: '198.51.100.7' }),
      record(3, { clientAddress: '198.51.100.7' }),
      record(4, { principal: 'key:new', clientAddress: '198.51.100.8' }),
      record(5, { ...denied, principal: 'key:a', clientAddress: '198.51.100.9' }),
    ])
    expect(newAddresses).toEqual([{ key: 'key:a', address: '198.51.100.7', firstAt: at(2) }])
  })

  it('adds errors up by upstream', () => {
    const { upstreamErrors } = tallyOf([
      record(1, { outcome: 'fail', reason: 'upstream-unreachable', cause: 'ECONNREFUSED' }),
      record(2, { upstreamStatus: 502, service: 'litellm' }),
      record(3, { upstreamStatus: 404 }),
    ])
    expect(upstreamErrors).toEqual([
      { name: 'litellm: HTTP 502', count: 1 },
      { name: 'ollama: ECONNREFUSED', count: 1 },
    ])
  })

  it('reports lost records, and acts', () => {
    const { lost, acts } = tallyOf([
      record(1, { event: 'audit.lost', records: 12 }),
      record(2, { event: 'key.added', key: 'x' }),
    ])
    expect(lost).toBe(12)
    expect(acts).toContainEqual({ name: 'key.added', count: 1 })
  })
})
