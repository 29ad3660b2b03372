import { randomBytes } from 'node:crypto'
import { globSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createRing, type Ring, writeRecipient } from '../../vault/ring.ts'
import { parseSplitKeyFile } from '../../vault/split-key-file.ts'
import { createSplitKeys, type Split } from '../../vault/split-keys.ts'
import { createRecorder } from '../audit/record-acts.ts'
import {
  addSplitKey,
  readSplitKeys,
  removeSplitKey,
  rotateSplitKey,
  writeRewrappedShares,
} from './split-key-writer.ts'

const [oldRaw, newRaw] = [randomBytes(32), randomBytes(32)]
const originalKey = 'sk-of-the-user-0123456789abcdef'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gk-split-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Splits, writes, rotates and seals again, with a recorder in place of the random source. */
function createFixture() {
  const draws: Buffer[] = []
  const file = join(folder, 'split-keys.json')
  const audit = join(folder, 'audit')
  const fixture = { ring: createRing([oldRaw]) as Ring }
  const read = () => parseSplitKeyFile(readFileSync(file, 'utf8'), file)
  const keys = createSplitKeys({
    rows: read,
    ring: () => fixture.ring,
    originOf: () => 'https://api.openai.com',
    random: (length) => {
      const bytes = randomBytes(length)
      draws.push(Buffer.from(bytes))
      return bytes
    },
  })
  const deps = { clock: Date.now, record: createRecorder(audit, Date.now) }
  return { draws, file, fixture, keys, deps }
}

describe('with a recorder in place of the random source', () => {
  it('no data key and no part stands in any byte written, and each data key is used once', async () => {
    const { draws, file, fixture, keys, deps } = createFixture()
    const parts: string[] = []
    for (let count = 0; count < 20; count++) {
      const names = { id: `mine-${1000 + count}`, owner: 'shop:ada', provider: 'openai' }
      const made = keys.split({ ...names, description: null, key: originalKey }) as Split
      await addSplitKey(file, 'shop:ada', made.row, deps)
      const shown = { owner: 'shop:ada', id: names.id, clientPart: made.clientPart }
      const next = keys.rotate(shown) as Split
      await rotateSplitKey(file, 'shop:ada', next.row, deps)
      expect(keys.join(shown, 'openai')).toBeNull()
      expect(keys.join({ ...shown, clientPart: next.clientPart }, 'openai')?.key).toBe(originalKey)
      parts.push(made.clientPart, next.clientPart)
    }
    fixture.ring = createRing([newRaw, oldRaw]) as Ring
    expect(await writeRewrappedShares(file, keys.rewrap(), deps)).toEqual([])
    expect((await readSplitKeys(file)).every(({ kid }) => kid === fixture.ring[0].kid)).toBe(true)
    // Each split draws a data key, a share, an IV and an ephemeral key; each rewrap an ephemeral key.
    expect(draws).toHaveLength(40 * 4 + 20)
    const dataKeys = draws.slice(0, 160).filter((_, at) => at % 4 === 0)
    const shares = draws.slice(0, 160).filter((_, at) => at % 4 === 1)
    expect(new Set(dataKeys.map((bytes) => bytes.toString('hex'))).size).toBe(40)
    expect(shares.map((bytes) => bytes.toString('base64url'))).toEqual(
      parts.map((part) => part.slice(-43)),
    )
    const files = globSync('**/*', { cwd: folder })
      .map((name) => join(folder, name))
      .filter((path) => statSync(path).isFile())
    expect(files.length).toBeGreaterThan(1)
    const written = [
      ...files.map((path) => readFileSync(path)),
      Buffer.from(writeRecipient(fixture.ring[0])),
    ]
    const raw = (await readSplitKeys(file)).flatMap(({ box, share }) =>
      [box, share].map((text) => Buffer.from(text, 'base64')),
    )
    const found = [...dataKeys, ...shares].filter((secret) =>
      spellingsOf(secret).some((one) => [...written, ...raw].some((bytes) => bytes.includes(one))),
    )
    expect(found).toEqual([])
    expect(Buffer.concat(written).includes(originalKey.slice(0, 12))).toBe(false)
  })
})

/** The bytes themselves, half of them, and every text in which they could stand. */
function spellingsOf(secret: Buffer): Buffer[] {
  const forms = ['hex', 'base64', 'base64url'] as const
  const texts = [0, 1, 2].flatMap((skip) =>
    forms.map((form) => secret.subarray(skip, skip + 30).toString(form)),
  )
  return [secret.subarray(0, 16), secret.subarray(16), ...texts.map((text) => Buffer.from(text))]
}

it('what fails changes nothing: a taken id, an unknown one, another version', async () => {
  const { file, keys, deps } = createFixture()
  const before = readFileSync(file, 'utf8')
  const names = { id: 'mine-1000', owner: 'shop:ada', provider: 'openai', description: null }
  const { row } = keys.split({ ...names, key: originalKey }) as Split
  const place = { owner: 'shop:ada', id: 'mine-9999' }
  await expect(addSplitKey(file, 'shop:ada', row, deps)).rejects.toMatchObject({ why: 'taken' })
  await expect(rotateSplitKey(file, 'shop:ada', row, deps)).rejects.toMatchObject({
    why: 'changed',
  })
  await expect(rotateSplitKey(file, 'shop:eve', row, deps)).rejects.toMatchObject({
    why: 'unknown',
  })
  await expect(removeSplitKey(file, place, deps)).rejects.toMatchObject({ why: 'unknown' })
  const unrecorded = { ...deps, record: () => Promise.reject(new Error('full')) }
  await expect(addSplitKey(file, 'shop:eve', row, unrecorded)).rejects.toThrow('full')
  expect(readFileSync(file, 'utf8')).toBe(before)
})

it('a share that changed after it was sealed again stays as it is', async () => {
  const { file, deps } = createFixture()
  const [row] = await readSplitKeys(file)
  if (row === undefined) throw new Error('there is no row')
  const again = { id: row.id, owner: row.owner, before: 'older', kid: 'x', share: 'AAAA' }
  expect(await writeRewrappedShares(file, [again], deps)).toEqual([row.id])
  expect((await readSplitKeys(file))[0]).toEqual(row)
})
