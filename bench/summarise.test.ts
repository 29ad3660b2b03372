import { describe, expect, it } from 'vitest'
import type { RowSample } from './report.ts'
import { summariseRows, summariseStreams, toStreamRow } from './summarise.ts'

const sample = (rps32: number, p50Ms1: number, more: Partial<RowSample> = {}): RowSample => ({
  ...{ rps32, p50Ms1, p99Ms1: p50Ms1 * 2, failed: 0, cpuMicros: null },
  ...more,
})
const plan = (name: string, nullRow = 'null') => ({ name, nullRow, what: `what ${name} is` })

describe('rows', () => {
  const samples = new Map([
    ['caddy', [sample(1000, 1), sample(500, 2), sample(1000, 1)]],
    ['null', [sample(500, 2), sample(250, 3), sample(500, 2)]],
    ['check-key', [sample(450, 2.5, { failed: 1 }), sample(225, 3.5), sample(450, 2.5)]],
  ])
  const rows = summariseRows([plan('caddy'), plan('null'), plan('check-key')], samples)

  it('are compared with caddy and with their baseline in the same rounds', () => {
    expect(rows[2]).toMatchObject({ rps32: 450, rps32Range: [225, 450], p50Ms1: 2.5 })
    expect(rows[2]?.ratioToCaddy).toBeCloseTo(0.45)
    expect(rows[2]?.ratioToNull).toBeCloseTo(0.9)
    expect(rows[2]?.addedP50Ms).toBeCloseTo(1.5)
    expect(rows[2]?.addedP99Ms).toBeCloseTo(3)
    expect(rows[0]).toMatchObject({ addedP50Ms: 0, ratioToCaddy: 1 })
  })

  it('a failed answer is always counted', () => {
    expect(rows.map(({ failed }) => failed)).toEqual([0, 0, 1])
  })

  it('CPU time is null, not a number, if the system does not report it', () => {
    expect(rows[0]?.cpuMicros).toBeNull()
    const known = new Map([['caddy', [sample(1, 1, { cpuMicros: 300 }), sample(1, 1)]]])
    expect(summariseRows([plan('caddy')], known)[0]?.cpuMicros).toBe(300)
  })
})

describe('streams', () => {
  const events = [0, 50, 180, 200].map((ms) => ({ sentAt: 1000 + ms, readAt: 1002 + ms }))
  const whole = { askedAt: 990, events, isComplete: true }
  const broken = { askedAt: 990, events: events.slice(0, 1), isComplete: false }
  const silent = { askedAt: 990, events: [], isComplete: false }

  it('have the first event, the largest gap, and the gap as the application sent it', () => {
    const report = summariseStreams('stream', [whole], 20)
    expect(report).toMatchObject({ firstEventP50Ms: 12, delayP50Ms: 2, largestGapMs: 130 })
    expect(report).toMatchObject({ largestSentGapMs: 130, streams: 1, incomplete: 0 })
  })

  it('broken streams and streams that never began are counted', () => {
    const report = summariseStreams('stream', [whole, broken, silent], 20)
    expect(report).toMatchObject({ streams: 3, incomplete: 2 })
  })

  it('are rows without the figures that they do not have', () => {
    const row = toStreamRow(summariseStreams('stream', [whole], 20))
    expect(row).toMatchObject({ name: 'stream', rps32: null, ratioToNull: null })
  })
})
