import { describe, expect, it } from 'vitest'
import type { RowReport } from './report.ts'
import { judgeTargets } from './targets.ts'

const row = (name: string, more: Partial<RowReport>): RowReport => ({
  ...{ name, what: '', nullRow: 'null', rps32: 1, rps32Range: [1, 1], p50Ms1: 1, p99Ms1: 1 },
  ...{ addedP50Ms: 0, addedP99Ms: 0, ratioToCaddy: 1, ratioToNull: 1, cpuMicros: null, failed: 0 },
  ...more,
})
const rows = [
  row('null', { addedP50Ms: 0.5 }),
  row('check-key', { addedP50Ms: 0.6, ratioToNull: 0.91 }),
  row('relay', { ratioToNull: 0.8 }),
]
const rest = {
  memory: { gatekeeperIdleMb: null },
  startup: { readyMs: 400, readyManyKeysMs: 800 },
  reload: { ratioToTenKeys: 1 },
  audit: { cpuMicros: 6 },
}

describe('targets', () => {
  const targets = judgeTargets({ rows, ...rest })
  const [throughput, added, relay, idle] = [
    ...['check-key: throughput', 'check-key: added', 'relay: throughput', 'idle gatekeeper'],
  ].map((start) => targets.find(({ what }) => what.startsWith(start)))

  it('a target that is almost reached is missed; a target that is reached exactly is met', () => {
    expect(throughput).toMatchObject({ measured: 0.91, isMet: false })
    expect(relay).toMatchObject({ measured: 0.8, isMet: true })
    expect(added?.measured).toBeCloseTo(1.2)
  })

  it('a target without a measurement is neither met nor missed', () => {
    expect(idle).toMatchObject({ measured: null, isMet: null })
    const without = judgeTargets({ rows: [], ...rest })
    expect(without.slice(0, 3).map(({ isMet }) => isMet)).toEqual([null, null, null])
  })

  it('relaying peers that ran are compared with our relay with all limits', () => {
    const peers = [row('relay-openai-limited', { rps32: 30 }), row('portkey', { rps32: 10 })]
    const times = judgeTargets({ rows: peers, ...rest }).filter(({ what }) =>
      what.includes('times'),
    )
    expect(times).toMatchObject([{ wanted: '>= 3', measured: 3, isMet: true }])
  })

  it('the audit target is its share of the CPU time of a check', () => {
    const share = judgeTargets({ rows: [row('check-key', { cpuMicros: 300 })], ...rest }).at(-1)
    expect(share).toMatchObject({ measured: 0.02, isMet: true })
  })
})
