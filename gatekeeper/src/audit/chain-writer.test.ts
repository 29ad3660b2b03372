import {
  appendFileSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readChain, readChainOf } from '../../test/support/read-chain.ts'
import { emptyHead } from './chain.ts'
import { type ChainRules, type ChainWriter, openChain } from './chain-writer.ts'
import { listHeads, listSegments } from './segments.ts'

const dayMs = 86_400_000

describe('the writer of a chain', () => {
  let folder: string
  let now: number
  let tick: () => void
  const opened: ChainWriter[] = []
  const rules: ChainRules = {
    ...{ name: 'requests', segmentBytesMax: 1e6, totalBytesMax: 1e7, ageMaxMs: null },
    ...{ segmentAgeMaxMs: null, sharedLock: null },
  }
  const signed: object[] = []

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'gk-audit-'))
    now = Date.now()
    signed.length = 0
  })
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((writer) => writer.close()))
    rmSync(folder, { recursive: true, force: true })
  })

  function open(changes: Partial<ChainRules> = {}, waitingMax = 10_000): ChainWriter {
    const writer = openChain(
      { ...rules, ...changes },
      {
        ...{ folder, waitingMax, clock: () => now },
        sign: (head) => {
          signed.push(head)
          return Promise.resolve('signature')
        },
        timers: {
          after: (_, run) => {
            tick = run
            return () => {}
          },
          every: () => () => {},
        },
      },
    )
    opened.push(writer)
    return writer
  }
  const path = (number = 1) => join(folder, `requests-${String(number).padStart(6, '0')}.jsonl`)
  const eventsOf = () =>
    readChainOf(folder, 'requests').records.map((record) => record['event'] ?? record['number'])

  it('keeps the order of a thousand records at once, and goes on after a restart', async () => {
    const writer = open()
    await Promise.all(Array.from({ length: 1000 }, (_, at) => writer.record({ number: at })))
    await writer.close()
    const again = open()
    await again.record({ number: 1000 })
    expect(readChainOf(folder, 'requests').faults).toEqual([])
    expect(eventsOf()).toEqual(Array.from({ length: 1001 }, (_, at) => at))
    expect(statSync(path()).mode & 0o777).toBe(0o600)
  })

  it('buffers records that nobody waits for, and has written them when it is closed', async () => {
    const writer = open()
    writer.add({ number: 1 })
    writer.add({ number: 2 })
    expect(eventsOf()).toEqual([])
    tick()
    await writer.record({ number: 3 })
    expect(eventsOf()).toEqual([1, 2, 3])
    for (let at = 4; at <= 600; at++) writer.add({ number: at })
    await writer.close()
    expect(eventsOf()).toEqual(Array.from({ length: 600 }, (_, at) => at + 1))
  })

  it('removes an incomplete last line, and records that it did', async () => {
    const writer = open()
    await writer.record({ number: 1 })
    await writer.close()
    appendFileSync(path(), '{"sequence":2,"at":"20')
    const again = open()
    await again.record({ number: 2 })
    expect(readChainOf(folder, 'requests').faults).toEqual([])
    expect(eventsOf()).toEqual([1, 'audit.repaired', 2])
  })

  it('begins a new file when one is full, signs the old one, and the chain spans both', async () => {
    const writer = open({ segmentBytesMax: 400 })
    for (let at = 0; at < 20; at++) await writer.record({ number: at })
    await writer.close()
    const segments = listSegments(folder, 'requests')
    expect(segments.length).toBeGreaterThan(3)
    expect(readChainOf(folder, 'requests')).toMatchObject({ faults: [], head: { sequence: 20 } })
    expect(signed.length).toBe(segments.length - 1)
    const again = open({ segmentBytesMax: 400 })
    await again.record({ number: 20 })
    expect(again.head().sequence).toBe(21)
  })

  it('begins a new file every day, even when nothing happens', async () => {
    const writer = open({ segmentAgeMaxMs: dayMs })
    await writer.record({ number: 1 })
    await writer.tidy()
    expect(listSegments(folder, 'requests')).toHaveLength(1)
    now += dayMs + 1
    await writer.tidy()
    expect(listSegments(folder, 'requests')).toHaveLength(2)
    await writer.tidy()
    expect(listSegments(folder, 'requests')).toHaveLength(2)
    await writer.record({ number: 2 })
    expect(readChainOf(folder, 'requests').faults).toEqual([])
  })

  it('continues in a file that has no line yet', async () => {
    const writer = open({ segmentBytesMax: 1 })
    await writer.record({ number: 1 })
    await writer.close()
    expect(statSync(path(2)).size).toBe(0)
    const again = open()
    await again.record({ number: 2 })
    expect(again.head().sequence).toBe(2)
  })

  it('removes the oldest files beyond its share of the disk, and keeps their signed heads', async () => {
    const writer = open({ segmentBytesMax: 400, totalBytesMax: 1200 })
    for (let at = 0; at < 40; at++) await writer.record({ number: at })
    const kept = listSegments(folder, 'requests')
    expect(kept.length).toBeLessThanOrEqual(3)
    expect(kept[0]?.number).toBeGreaterThan(1)
    expect(readFileSync(join(folder, 'requests-000001.head'), 'utf8')).toContain('signature')
  })

  it('does not fill the disk with heads', async () => {
    const writer = open({ segmentBytesMax: 1, totalBytesMax: 500 })
    for (let at = 0; at < 130; at++) await writer.record({ number: at })
    expect(listHeads(folder, 'requests').length).toBeLessThan(110)
  })

  it('removes files that are too old, and continues from their signed head after a restart', async () => {
    const writer = open({ segmentBytesMax: 1, ageMaxMs: 90 * dayMs })
    await writer.record({ number: 1 })
    await writer.record({ number: 2 })
    utimesSync(path(1), 0, 0)
    utimesSync(path(2), 0, 0)
    await writer.tidy()
    expect(listSegments(folder, 'requests').map(({ number }) => number)).toEqual([3])
    await writer.close()
    const again = open()
    await again.record({ number: 3 })
    expect(again.head().sequence).toBe(3)
  })

  it('reports a failed write to the caller, and counts the lost records', async () => {
    const writer = open()
    await writer.record({ number: 1 })
    await writer.close()
    await expect(writer.record({ number: 2 })).rejects.toThrow()
    expect(writer.fault()).not.toBeNull()
    const again = open()
    await again.record({ number: 3 })
    expect(readChain(readFileSync(path(), 'utf8'), emptyHead).faults).toEqual([])
  })

  it('bounds the records that wait, and records how many it lost', async () => {
    const writer = open({}, 2)
    for (let at = 1; at <= 5; at++) writer.add({ number: at })
    expect(writer.fault()).toBe('overflow')
    await expect(writer.record({})).rejects.toThrow('too many')
    tick()
    await writer.close()
    expect(writer.fault()).toBeNull()
    expect(eventsOf()).toEqual(['audit.lost', 1, 2])
    expect(readChainOf(folder, 'requests').records[0]).toMatchObject({
      records: 3,
      fault: 'overflow',
    })
  })

  it('does not overwrite a file that holds something else', async () => {
    writeFileSync(path(), 'something else\n')
    const writer = open()
    await writer.record({ number: 1 })
    expect(readFileSync(path(), 'utf8')).toMatch(/^something else\n\{/)
  })

  it('finds its place in a file whose last line is longer than the first read', async () => {
    const writer = open()
    await writer.record({ text: 'x'.repeat(300_000) })
    await writer.close()
    await open().record({ number: 2 })
    expect(readChainOf(folder, 'requests')).toMatchObject({ faults: [], head: { sequence: 2 } })
  })

  it.each([
    ['removed', () => rmSync(path()), 'the file was removed'],
    ['shortened', () => truncateSync(path(), 10), 'the file was shortened'],
  ])(
    'a file that is %s while in use is not touched, and that is recorded',
    async (_, alter, what) => {
      const writer = open()
      for (let at = 1; at <= 3; at++) await writer.record({ number: at })
      alter()
      await writer.record({ number: 4 })
      await writer.record({ number: 5 })
      const { records } = readChain(readFileSync(path(2), 'utf8'), null)
      expect(records.find(({ event }) => event === 'audit.altered')).toMatchObject({ what })
      expect(records.map(({ sequence }) => sequence)).toEqual([4, 5, 6])
    },
  )

  it('lines that others append are kept, and break the chain at their place', async () => {
    const writer = open()
    await writer.record({ number: 1 })
    appendFileSync(path(), '{"sequence":2,"at":"","previous":"forged"}\n')
    await writer.record({ number: 2 })
    expect(readChainOf(folder, 'requests').faults.map(({ line }) => line)).toEqual([2, 3])
  })

  it('a shared chain is written by many at once, and stays one chain', async () => {
    const shared = { sharedLock: join(folder, 'requests.lock'), segmentBytesMax: 2000 }
    const writers = Array.from({ length: 5 }, () => open(shared))
    await Promise.all(
      writers.flatMap((writer, at) =>
        Array.from({ length: 20 }, async (_, number) => {
          await writer.record({ number: at * 100 + number })
        }),
      ),
    )
    for (const writer of writers) await writer.record({ number: 'again' })
    expect(readChainOf(folder, 'requests')).toMatchObject({ faults: [], head: { sequence: 105 } })
    expect(new Set(eventsOf()).size).toBe(101)
  })

  it('a shared chain that was shortened continues, and that is recorded', async () => {
    const writer = open({ sharedLock: join(folder, 'requests.lock') })
    for (let at = 1; at <= 3; at++) await writer.record({ number: at })
    const [first = ''] = readFileSync(path(), 'utf8').split('\n')
    writeFileSync(path(), `${first}\n`)
    await writer.record({ number: 4 })
    await writer.close()
    expect(eventsOf()).toEqual([1, 'audit.altered', 4])
  })

  it('a file that is gone with its folder fails each batch, and delays nobody', async () => {
    const writer = open()
    await writer.record({ number: 1 })
    rmSync(folder, { recursive: true })
    await expect(writer.record({ number: 2 })).rejects.toThrow('ENOENT')
    writer.add({ number: 3 })
    await writer.close()
    expect(writer.fault()).toBe('ENOENT')
  })
})
