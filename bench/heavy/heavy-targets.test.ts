import { describe, expect, it } from 'vitest'
import type { EventsRow, HeavyReport, RefusalRow, TransferRow } from './heavy-report.ts'
import { judgeHeavy } from './heavy-targets.ts'
import { faultsOf, renderHeavy } from './render-heavy.ts'

const weight = { idleMb: 100, peakMb: 120, cpuSeconds: 1 }
const stream: EventsRow = {
  ...{ name: 'relay', streams: 10, events: 1_000, dropped: 0, incomplete: 0, ...weight },
  faults: [],
  ...{ firstEventP50Ms: 1, firstEventP99Ms: 2, delayP50Ms: 1, delayP99Ms: 2 },
  ...{ addedGapP50Ms: 0.1, addedGapP99Ms: 4, largestGapMs: 60, largestSentGapMs: 55 },
}
const transfer = (name: string, more: Partial<TransferRow> = {}): TransferRow => ({
  ...{ name, bytes: 20_000_000, tookMs: 100, failed: 0, ...weight, ...more },
})
const refusal = (name: string, status: number, cpuMicros: number | null): RefusalRow => ({
  ...{ name, status, cpuMicros, perSecond: 1_000, failed: 0 },
})
const report: HeavyReport = {
  ...{ at: '2026-01-01T00:00:00.000Z', machine: {}, targets: [], events: [stream] },
  transfers: [transfer('upload-form-200 relay'), transfer('download relay', { peakMb: 180 })],
  refusals: [refusal('accepted, with limits', 200, 500), refusal('unknown key', 401, 50)],
}
const judged = (changed: Partial<HeavyReport> = {}) => judgeHeavy({ ...report, ...changed })
const find = (what: string, changed?: Partial<HeavyReport>) =>
  judged(changed).find((target) => target.what.startsWith(what))

describe('the heavy targets', () => {
  it('one dropped event misses the target', () => {
    expect(find('events dropped')).toMatchObject({ measured: 0, isMet: true })
    const events = [{ ...stream, dropped: 1 }]
    expect(find('events dropped', { events })).toMatchObject({ measured: 1, isMet: false })
  })

  it('memory that grows with the body misses the target', () => {
    expect(find('upload-form-200')).toMatchObject({ measured: 20, isMet: true })
    expect(find('download')).toMatchObject({ measured: 80, isMet: false })
  })

  it('the CPU time of a refusal is compared with that of an accepted, counted request', () => {
    expect(find('unknown key')).toMatchObject({ measured: 0.1, isMet: true })
    const refusals = [refusal('accepted, with limits', 200, null), refusal('unknown key', 401, 9)]
    expect(find('unknown key', { refusals })).toMatchObject({ measured: null, isMet: null })
  })
})

describe('the heavy table', () => {
  it('has no faults if everything arrived', () => {
    expect(faultsOf(report)).toEqual([])
    expect(renderHeavy(report).join('\n')).not.toContain('NOT VALID')
  })

  it('says why its figures are not valid', () => {
    const broken = {
      ...report,
      events: [{ ...stream, dropped: 3, incomplete: 1, faults: ['EAGAIN'] }],
      transfers: [transfer('download relay', { failed: 1 })],
      refusals: [{ ...refusal('unknown key', 401, 1), failed: 2 }],
    }
    expect(faultsOf(broken)).toHaveLength(3)
    expect(renderHeavy(broken).join('\n')).toContain(
      'NOT VALID: relay: 3 events dropped, 1 streams broken (EAGAIN)',
    )
  })
})
