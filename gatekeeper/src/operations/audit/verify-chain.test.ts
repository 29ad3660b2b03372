import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type ChainRules, type ChainWriter, openChain } from '../../audit/chain-writer.ts'
import type { ChainPlace } from './chain-place.ts'
import { readHeads } from './read-heads.ts'
import { type VerifyDeps, verifyChain } from './verify-chain.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gk-verify-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const rules: ChainRules = {
  ...{ name: 'requests-1', segmentBytesMax: 1000, totalBytesMax: 1e7, ageMaxMs: null },
  ...{ segmentAgeMaxMs: null, sharedLock: null },
}
const open = (changes: Partial<ChainRules> = {}): ChainWriter =>
  openChain(
    { ...rules, ...changes },
    { folder, clock: Date.now, sign: (head) => Promise.resolve(JSON.stringify(head)) },
  )
async function write(count: number, changes: Partial<ChainRules> = {}): Promise<void> {
  const writer = open(changes)
  for (let number = 1; number <= count; number++) await writer.record({ number })
  await writer.close()
}
const file = (number: number, end = 'jsonl') =>
  join(folder, `requests-1-${String(number).padStart(6, '0')}.${end}`)
const linesOf = (path: string) => readFileSync(path, 'utf8').split('\n').slice(0, -1)
const put = (path: string, lines: readonly string[]) =>
  writeFileSync(path, lines.map((line) => `${line}\n`).join(''))

async function verify(exported: readonly ChainPlace[] = [], changes: Partial<VerifyDeps> = {}) {
  return await verifyChain('requests-1', {
    ...{ folder, exported, isOwnKey: (kid) => kid === 'ours' },
    readStatement: (jws) => Promise.resolve({ kid: 'ours', statement: JSON.parse(jws) }),
    ...changes,
  })
}
const faultsOf = async (exported: readonly ChainPlace[] = []) =>
  (await verify(exported)).faults.map(({ file, line, what }) => [file, line, what])

describe('verify', () => {
  it('finds nothing when nothing was changed, over several files', async () => {
    await write(30)
    expect(await verify(readHeads(folder))).toMatchObject({
      ...{ records: 30, first: 1, faults: [], notes: [], head: { sequence: 30 } },
    })
  })

  it('names the changed line, also the last of a file', async () => {
    await write(30)
    const lines = linesOf(file(2))
    put(
      file(2),
      lines.map((line, at) => (at === 1 ? line.replace('"number":', '"number":9') : line)),
    )
    expect(await faultsOf()).toEqual([[file(2), 2, 'was changed after it was written']])
    put(
      file(2),
      lines.map((line, at) => (at === lines.length - 1 ? line.replace(':', ': ') : line)),
    )
    expect((await faultsOf()).map(([path]) => path)).toEqual([file(2), file(3)])
  })

  it('names the place where lines are missing or moved', async () => {
    await write(30)
    const lines = linesOf(file(2))
    put(file(2), lines.toSpliced(1, 2))
    const first = JSON.parse(lines[0] ?? '').sequence
    expect(await faultsOf()).toEqual([
      [file(2), 2, `records ${first + 1} to ${first + 2} are missing before this line`],
    ])
    put(file(2), [lines[1] ?? '', lines[0] ?? '', ...lines.slice(2)])
    expect((await faultsOf())[1]).toEqual([
      ...[file(2), 2],
      `record ${first} comes after record ${first + 1}: lines were moved or repeated`,
    ])
  })

  it('finds a change of any byte except at the end of the last file', async () => {
    await write(15)
    const text = readFileSync(file(1))
    const before = await faultsOf()
    await fc.assert(
      fc.asyncProperty(
        fc.nat(text.length - 2),
        fc.integer({ min: 1, max: 255 }),
        async (at, by) => {
          const changed = Buffer.from(text)
          changed[at] = ((changed[at] ?? 0) + by) % 256
          writeFileSync(file(1), changed)
          expect((await faultsOf()).length).toBeGreaterThan(before.length)
        },
      ),
      { numRuns: 60 },
    )
  })

  it('names files that are missing in between, and those at the end', async () => {
    await write(40)
    rmSync(file(2))
    rmSync(file(3))
    expect(await faultsOf()).toEqual([[file(4), null, 'files 2 to 3 before it are missing']])
  })

  it('detects a cut tail with an exported head only', async () => {
    await write(30)
    const exported = readHeads(folder)
    const last = readdirSync(folder).filter((name) => name.endsWith('.jsonl')).length
    put(file(last), linesOf(file(last)).slice(0, 1))
    expect(await faultsOf()).toEqual([])
    expect((await faultsOf(exported))[0]?.[2]).toMatch(/the end is missing: .* was 30 at the time/)
  })

  it('detects a rewritten chain with an exported head', async () => {
    await write(10)
    const exported = readHeads(folder)
    rmSync(folder, { recursive: true })
    await write(12)
    expect((await faultsOf(exported))[0]?.[2]).toBe(
      'differs from the record at the time its head was exported',
    )
  })

  it('detects a missing chain with an exported head', async () => {
    await write(10)
    const exported = readHeads(folder)
    rmSync(folder, { recursive: true })
    expect((await faultsOf(exported))[0]?.[2]).toMatch(/the last record is 0, but it was 10/)
  })

  it('notes files removed by age, and accepts the rest by its signed head', async () => {
    await write(60, { totalBytesMax: 3000 })
    const { faults, notes, first } = await verify()
    expect([faults, first]).toEqual([[], expect.any(Number)])
    expect(notes).toEqual([`records 1 to ${first - 1} were removed by age or size`])
    for (const name of readdirSync(folder).filter((name) => name.endsWith('.head'))) {
      rmSync(join(folder, name))
    }
    expect((await faultsOf())[0]?.[2]).toMatch(/and so is their signed head/)
  })

  it('reports a head with another value or another signature', async () => {
    await write(30)
    const text = readFileSync(file(1, 'head'), 'utf8')
    const head = JSON.parse(text)
    writeFileSync(file(1, 'head'), JSON.stringify({ ...head, sequence: head.sequence + 1 }))
    expect((await faultsOf()).map(([path]) => path)).toEqual([file(1), file(1, 'head')])
    writeFileSync(file(1, 'head'), text)
    const others = await verify([], { isOwnKey: () => false })
    expect(others.faults[0]?.what).toMatch(/signed by an unknown key \(ours\)/)
    const broken = await verify([], { readStatement: () => Promise.resolve(null) })
    expect(broken.faults[0]?.what).toBe('the signature does not match this head')
    rmSync(file(1, 'head'))
    expect((await faultsOf())[0]?.[2]).toBe('the signed head is missing or not valid')
  })

  it('reports an incomplete end as such', async () => {
    await write(3)
    writeFileSync(file(1), `${readFileSync(file(1), 'utf8')}{"seq`)
    expect(await faultsOf()).toEqual([[file(1), 4, expect.stringContaining('as after a crash')]])
  })
})
