import { appendFileSync, mkdtempSync, rmSync, utimesSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type ChainWriter, openChain } from '../../audit/chain-writer.ts'
import { followRecords } from './follow-records.ts'
import { type RecordsQuestion, readRecords } from './read-records.ts'

let folder: string
let now: number
const opened: ChainWriter[] = []
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gk-records-'))
  now = Date.UTC(2026, 10, 22)
})
afterEach(async () => {
  await Promise.all(opened.splice(0).map((writer) => writer.close()))
  rmSync(folder, { recursive: true, force: true })
})

function open(name: string, segmentBytesMax = 1000): ChainWriter {
  const writer = openChain(
    {
      ...{ name, segmentBytesMax, totalBytesMax: 1e7, ageMaxMs: null },
      ...{ segmentAgeMaxMs: null, sharedLock: null },
    },
    { folder, clock: () => now, sign: () => Promise.resolve(null) },
  )
  opened.push(writer)
  return writer
}

async function read(changes: Partial<RecordsQuestion> = {}) {
  const found: unknown[] = []
  const question = {
    ...{ folder, chains: ['acts', 'requests-1'], sinceAt: 0, untilAt: null },
    onUnreadable: (_: string, line: number) => void found.push(`unreadable ${line}`),
    ...changes,
  }
  for await (const block of readRecords(question)) {
    found.push(...block.map(({ record }) => record['number']))
  }
  return found
}

describe('records of several chains', () => {
  it('are in the order of their times, over all files', async () => {
    const [acts, requests] = [open('acts'), open('requests-1')]
    for (let number = 0; number < 40; number++) {
      now += 1000
      await (number % 3 === 0 ? acts : requests).record({ number })
    }
    expect(await read()).toEqual(Array.from({ length: 40 }, (_, at) => at))
    const sinceAt = now - 10_000
    expect(await read({ sinceAt, untilAt: now - 1000 })).toEqual([
      29, 30, 31, 32, 33, 34, 35, 36, 37, 38,
    ])
  })

  it('a line that cannot be read is reported, an incomplete one is not', async () => {
    await open('acts').record({ number: 1 })
    appendFileSync(join(folder, 'acts-000001.jsonl'), 'x\n{"half')
    expect(await read()).toEqual(['unreadable 2', 1])
  })

  it('files last written before the time window are not opened', async () => {
    await open('acts', 1).record({ number: 1 })
    appendFileSync(join(folder, 'acts-000001.jsonl'), 'x\n')
    utimesSync(join(folder, 'acts-000001.jsonl'), 0, 0)
    expect(await read({ sinceAt: 1000 })).toEqual([])
  })
})

describe('following', () => {
  it('gives new records once, over new files and new chains, and complete lines only', async () => {
    const requests = open('requests-1', 1)
    await requests.record({ number: 1 })
    const follower = followRecords(folder)
    const next = async () => (await follower.next()).map(({ record }) => record['number'])
    expect(await next()).toEqual([])
    await requests.record({ number: 2 })
    await requests.record({ number: 3 })
    expect(await next()).toEqual([2, 3])
    await open('strangers-1').record({ number: 4 })
    expect(await next()).toEqual([4])
    const half = '{"sequence":2,"at":"2026","number":5,'
    appendFileSync(join(folder, 'strangers-1-000001.jsonl'), half)
    expect(await next()).toEqual([])
    appendFileSync(join(folder, 'strangers-1-000001.jsonl'), '"previous":"x"}\n')
    expect(await next()).toEqual([5])
    expect(await next()).toEqual([])
  })
})
