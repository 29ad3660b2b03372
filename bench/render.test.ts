import { describe, expect, it } from 'vitest'
import { knownGaps } from './peers/all-peers.ts'
import { renderReport } from './render.ts'
import type { Report, RowReport } from './report.ts'
import { summariseStreams, toStreamRow } from './summarise.ts'

const row: RowReport = {
  ...{ name: 'check-key', what: 'ours', nullRow: 'null', rps32: 2345.6, rps32Range: [2000, 2600] },
  ...{ p50Ms1: 1.234, p99Ms1: 3, addedP50Ms: 0.567, addedP99Ms: 1, ratioToCaddy: 0.5 },
  ...{ ratioToNull: 0.934, cpuMicros: null, failed: 0 },
}
const stream = summariseStreams('stream', [{ askedAt: 0, events: [], isComplete: true }], 20)
const report: Report = {
  ...{ at: '2026-01-01T00:00:00.000Z', machine: {}, rounds: 1 },
  rows: [row, toStreamRow(stream)],
  memory: {
    ...{ gatekeeperIdleMb: 91.2, gatekeeperLoadedMb: null, caddyIdleMb: 50, bareNodeIdleMb: 40 },
  },
  startup: { readyMs: 390, readyMsRange: [380, 400], readyManyKeysMs: 800, bareNodeMs: 40 },
  reload: {
    ...{ keys: 100_000, fileMb: 30, inForceMs: 700, inForceMsRange: [600, 800] },
    ...{ slowestRequestMs: 150, ratioToTenKeys: 1.01, requestMs: 0.3 },
  },
  audit: { recordsPerSecond: 54_321, cpuMicros: 4.3 },
  gaps: knownGaps,
  targets: [{ what: 'idle (MB)', wanted: '<= 99', measured: 91.2, isMet: true }],
}
const text = (changed: Partial<Report> = {}) => renderReport({ ...report, ...changed }).join('\n')

describe('the table', () => {
  it('lists every missing peer', () => {
    for (const { name, why } of knownGaps) expect(text()).toContain(`gap: ${name}: ${why}`)
  })

  it('names the baseline of each ratio', () => {
    expect(text()).toMatch(/check-key +2346 +2000-2600 +1\.23 +0\.57 +1\.00 +0\.500 +0\.934 null/)
  })

  it('figures with failed requests or broken streams are marked as not valid', () => {
    expect(text()).not.toContain('NOT VALID')
    expect(text({ rows: [{ ...row, failed: 2 }] })).toContain('NOT VALID: check-key: 2 requests')
    const broken = toStreamRow({ ...stream, incomplete: 3 })
    expect(text({ rows: [row, broken] })).toContain('NOT VALID: stream: 3 streams')
  })

  it('missed targets are marked, and targets without a measurement are not met', () => {
    const target = { what: 'x', wanted: '<= 1', measured: 2, isMet: false }
    const unknown = { what: 'y', wanted: '<= 1', measured: null, isMet: null }
    expect(text({ targets: [target] })).toMatch(/x +<= 1 +2\.000 +MISSED/)
    expect(text({ targets: [unknown] })).toMatch(/y +<= 1 +- +unknown/)
  })
})

it('the JSON has the members that its readers need', () => {
  const json = JSON.parse(JSON.stringify(report)) as Record<string, unknown>
  expect(Object.keys(json)).toEqual(
    expect.arrayContaining(['rows', 'memory', 'startup', 'reload', 'gaps', 'targets']),
  )
  for (const one of json['rows'] as Record<string, unknown>[]) {
    expect(Object.keys(one)).toEqual(
      expect.arrayContaining([
        ...['name', 'rps32', 'p50Ms1', 'addedP50Ms', 'addedP99Ms', 'ratioToCaddy', 'ratioToNull'],
      ]),
    )
  }
})
