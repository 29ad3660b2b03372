import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type ChainWriter, openChain } from '../../audit/chain-writer.ts'
import { readSubjectNames } from '../../audit/subject-file.ts'
import { type FoundPage, type RecordSearch, searchRecords } from './search-records.ts'

let folder: string
let now: number
const opened: ChainWriter[] = []
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gk-search-'))
  now = Date.UTC(2026, 10, 22)
})
afterEach(async () => {
  await Promise.all(opened.splice(0).map((writer) => writer.close()))
  rmSync(folder, { recursive: true, force: true })
})

function open(name: string, segmentBytesMax = 2_000): ChainWriter {
  const rules = { segmentBytesMax, totalBytesMax: 1e9, ageMaxMs: null, segmentAgeMaxMs: null }
  const deps = { folder, clock: () => now, sign: () => Promise.resolve(null) }
  const writer = openChain({ name, ...rules, sharedLock: null }, deps)
  opened.push(writer)
  return writer
}

const search = (over: Partial<RecordSearch> = {}) =>
  searchRecords({
    ...{ folder, isChain: () => true, from: null, sinceAt: 0, untilAt: now + 1 },
    ...{ needles: [], isWanted: () => true, countMax: 7, bytesMax: 1e9, names: new Map() },
    ...over,
  })

const numbersIn = ({ found }: FoundPage) => found.map(({ record }) => record['number'])

async function searchAll(over: Partial<RecordSearch> = {}, between = async () => {}) {
  const numbers: unknown[] = []
  let pages = 0
  for (let from: RecordSearch['from'] = null; ; pages++) {
    const page = await search({ ...over, from })
    numbers.push(...numbersIn(page))
    if (page.next === null) return { numbers, pages }
    from = page.next
    await between()
  }
}

const down = (count: number) => Array.from({ length: count }, (_, at) => count - 1 - at)

async function fill(count: number): Promise<readonly ChainWriter[]> {
  const chains = [open('acts'), open('requests-1'), open('strangers-1')]
  for (let number = 0; number < count; number++) {
    now += 1_000
    await chains[number % 7 === 0 ? 0 : 1 + (number % 2)]?.record({ number })
  }
  return chains
}

it('pages have every record once, the newest first, over all chains and files', async () => {
  await fill(60)
  expect((await searchAll()).numbers).toEqual(down(60))
  expect((await searchAll({ isChain: (name) => name === 'acts' })).numbers).toEqual(
    down(60).filter((number) => number % 7 === 0),
  )
})

it('records that are written between two pages move nothing', async () => {
  const chains = await fill(60)
  let written = 1000
  const { numbers } = await searchAll({}, async () => {
    now += 1_000
    for (const chain of chains) await chain.record({ number: written++ })
  })
  expect(numbers).toEqual(down(60))
})

it('a page that may read little is shorter, and the next ones have the rest', async () => {
  await fill(60)
  const one = await searchAll({ bytesMax: 1, isWanted: ({ number }) => number === 3 })
  expect(one.numbers).toEqual([3])
  expect(one.pages).toBeGreaterThan(1)
  const page = await search({ bytesMax: 1, isWanted: () => false })
  expect(page.lookedBackTo).toMatch(/^2026-11-22T/)
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 9_000 }), async (bytesMax) => {
      expect((await searchAll({ bytesMax })).numbers).toEqual(down(60))
    }),
    { numRuns: 20 },
  )
})

it('a period excludes its end', async () => {
  const begin = now
  await fill(30)
  const { numbers } = await searchAll({ sinceAt: begin + 11_000, untilAt: begin + 21_000 })
  expect(numbers).toEqual(down(20).filter((number) => number >= 10))
})

it('needles find a record by its text, and names stand for references', async () => {
  const chain = open('requests-1', 1e6)
  const user = 'ada "the first"'
  for (let number = 0; number < 50; number++) {
    now += 1_000
    await chain.record({ number, requestId: `id-${number}`, user })
  }
  const names = await readSubjectNames(folder)
  const { found } = await search({ needles: [['"id-31"']], names })
  expect(found.map(({ record }) => [record['number'], record['user']])).toEqual([[31, user]])
  expect((await search({ needles: [['"id-31"'], ['"id-32"']] })).found).toEqual([])
})

it('ends when nobody waits for it', async () => {
  await fill(10)
  await expect(search({ signal: AbortSignal.abort() })).rejects.toMatchObject({
    name: 'AbortError',
  })
})
