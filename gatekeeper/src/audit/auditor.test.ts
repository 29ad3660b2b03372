import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { readChainOf } from '../../test/support/read-chain.ts'
import { type Auditor, type AuditRules, type DecidedEvent, openAuditor } from './auditor.ts'

let folder: string
let now: number
let tick: () => void
const opened: Auditor[] = []

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gk-auditor-'))
  now = 60_000_000
})
afterEach(async () => {
  await Promise.all(opened.splice(0).map((auditor) => auditor.close()))
  rmSync(folder, { recursive: true, force: true })
})

const rules: AuditRules = {
  ...{ allowed: 'none', sampleOf: 10, required: false, retainDays: 90, bytesMax: 1e7 },
}

function open(changes: Partial<AuditRules> = {}): Auditor {
  const auditor = openAuditor(
    { ...rules, ...changes },
    {
      folder,
      clock: () => now,
      sign: () => Promise.resolve(null),
      timers: {
        after: (_, run) => {
          const timer = setTimeout(run, 5)
          return () => clearTimeout(timer)
        },
        every: (_, run) => {
          tick = run
          return () => {}
        },
      },
    },
  )
  opened.push(auditor)
  return auditor
}

const denied = (changes: Partial<DecidedEvent> = {}): DecidedEvent => ({
  ...{
    isKnown: false,
    isAllowed: false,
    isAct: false,
    reason: 'unknown-key',
    addressGroup: '192.0.2.1',
  },
  ...changes,
})
const fields = () => ({ event: 'request', path: '/' })
const allowed = {
  isKnown: true,
  isAllowed: true,
  isAct: false,
  reason: '',
  addressGroup: '192.0.2.1',
}

async function read(auditor: Auditor, chain: string) {
  await auditor.close()
  opened.splice(opened.indexOf(auditor), 1)
  const { records, faults } = readChainOf(folder, chain)
  expect(faults).toEqual([])
  return records
}

describe('the audit', () => {
  it('records every refusal of a known principal', async () => {
    const auditor = open()
    for (let at = 0; at < 50; at++) auditor.recordDecision(denied({ isKnown: true }), fields)
    expect(await read(auditor, 'requests-1')).toHaveLength(50)
  })

  it('records twenty refusals of an unknown caller a minute, and counts the others', async () => {
    const auditor = open()
    for (let at = 0; at < 500; at++) auditor.recordDecision(denied(), fields)
    for (let at = 0; at < 30; at++)
      auditor.recordDecision(denied({ reason: 'no-credential' }), fields)
    auditor.recordDecision(denied({ addressGroup: '192.0.2.2' }), fields)
    now += 60_000
    tick()
    const records = await read(auditor, 'strangers-1')
    expect(records.filter(({ event }) => event === 'request')).toHaveLength(41)
    expect(records.filter(({ event }) => event === 'denials')).toMatchObject([
      { addressGroup: '192.0.2.1', reason: 'unknown-key', count: 480 },
      { addressGroup: '192.0.2.1', reason: 'no-credential', count: 10 },
    ])
  })

  it('is not filled by an unknown caller with many addresses', async () => {
    const auditor = open()
    for (let at = 0; at < 20_000; at++)
      auditor.recordDecision(denied({ addressGroup: `a${at}` }), fields)
    now += 60_000
    tick()
    const records = await read(auditor, 'strangers-1')
    expect(records.length).toBeLessThan(5_100)
    expect(records.at(-1)).toMatchObject({ addressGroup: 'others', count: 14_980 })
  })

  it.each([
    ['all', 100],
    ['sampled', 10],
    ['none', 0],
  ] as const)('of allowed requests records %s', async (which, count) => {
    const auditor = open({ allowed: which })
    for (let at = 0; at < 100; at++) {
      auditor.recordDecision(allowed, fields)
    }
    expect(await read(auditor, 'requests-1')).toHaveLength(count)
  })

  it('that cannot be written makes acts fail, and blocks other requests only if it is required', async () => {
    for (const required of [false, true]) {
      const auditor = open({ required })
      await auditor.close()
      opened.splice(opened.indexOf(auditor), 1)
      await expect(auditor.recordAct({ event: 'key.added' })).rejects.toThrow()
      for (let at = 0; at < 200; at++) auditor.recordDecision(denied({ isKnown: true }), fields)
      await vi.waitFor(() => expect(auditor.isBlocked({ isAct: true })).toBe(true))
      expect(auditor.isBlocked({ isAct: false })).toBe(required)
      expect(auditor.fault()).not.toBeNull()
    }
  })

  it('always has allowed requests that change what others use, whatever the rules', async () => {
    const auditor = open({ allowed: 'none' })
    auditor.recordDecision({ ...allowed, isAct: true }, fields)
    expect(await read(auditor, 'requests-1')).toHaveLength(1)
  })

  it('of two processes in one folder has one chain each, and one shared chain for acts', async () => {
    const [one, other] = [open(), open()]
    for (const auditor of [one, other]) {
      auditor.recordDecision(denied({ isKnown: true }), fields)
      await auditor.recordAct({ event: 'gatekeeper.started' })
    }
    expect(await read(one, 'requests-1')).toHaveLength(1)
    expect(await read(other, 'requests-2')).toHaveLength(1)
    expect(readChainOf(folder, 'acts')).toMatchObject({ faults: [], head: { sequence: 2 } })
    const again = open()
    again.recordDecision(denied({ isKnown: true }), fields)
    expect(await read(again, 'requests-1')).toHaveLength(2)
  })

  it('describes only what is recorded', () => {
    const auditor = open()
    const describe = vi.fn(fields)
    auditor.recordDecision(allowed, describe)
    expect(describe).not.toHaveBeenCalled()
  })
})
