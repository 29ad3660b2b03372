import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createRing, type Ring } from './ring.ts'
import {
  holdKey,
  joinKey,
  type KeyPlace,
  openHeldKey,
  rewrapHeldKey,
  rewrapSplitKey,
  splitKey,
} from './sealed-key.ts'

const [oldRaw, newRaw] = [randomBytes(32), randomBytes(32)]
const ring = createRing([oldRaw]) as Ring
const rotated = createRing([newRaw, oldRaw]) as Ring
const stranger = createRing([randomBytes(32)]) as Ring
const key = 'sk-proj-0123456789abcdefghijklmnop'

const place: KeyPlace = {
  id: 'mine-0001',
  provider: 'openai',
  origin: 'https://api.openai.com',
  owner: 'shop:ada',
  team: null,
  version: 1,
}

/** Each differs in one member, or says the same with its members moved. */
const elsewhere: readonly (readonly [string, KeyPlace])[] = [
  ['another provider', { ...place, provider: 'groq' }],
  ['another host', { ...place, origin: 'https://api.openai.com.evil.example' }],
  ['another scheme', { ...place, origin: 'http://api.openai.com' }],
  ['another port', { ...place, origin: 'https://api.openai.com:8443' }],
  ['another owner', { ...place, owner: 'shop:eve' }],
  ['no owner', { ...place, owner: null }],
  ['another id', { ...place, id: 'mine-0002' }],
  ['another team', { ...place, team: 'red' }],
  ['another version', { ...place, version: 2 }],
  ['id and provider joined', { ...place, id: 'mine-0001","split","openai', provider: '' }],
]

describe('a held key', () => {
  const row = holdKey(key, place, ring[0], randomBytes)

  it('opens with the private half, where it belongs', () => {
    expect(openHeldKey(row, place, ring)).toBe(key)
    expect(openHeldKey(row, place, rotated)).toBe(key)
  })

  it.each(elsewhere)('does not open with %s', (_, other) => {
    expect(openHeldKey(row, other, ring)).toBeNull()
  })

  it('does not open with another ring, nor with the kid of another key', () => {
    expect(openHeldKey(row, place, stranger)).toBeNull()
    expect(openHeldKey({ ...row, kid: stranger[0].kid }, place, stranger)).toBeNull()
    expect(openHeldKey({ ...row, kid: rotated[0].kid }, place, rotated)).toBeNull()
  })

  it('does not open in the mode of a split key', () => {
    expect(
      joinKey({ ...row, share: row.box }, `gkp1_mine-0001_${'A'.repeat(43)}`, { place, ring }),
    ).toBeNull()
    const split = splitKey(key, place, ring[0], randomBytes)
    expect(openHeldKey({ kid: split.row.kid, box: split.row.share }, place, ring)).toBeNull()
  })

  it('is sealed again for the newest key of the ring', () => {
    const again = rewrapHeldKey(row, place, rotated, randomBytes)
    expect(again?.kid).toBe(rotated[0].kid)
    expect(again && openHeldKey(again, place, createRing([newRaw]) as Ring)).toBe(key)
    expect(again && openHeldKey(again, place, ring)).toBeNull()
    expect(rewrapHeldKey(row, place, stranger, randomBytes)).toBeNull()
  })
})

describe('a split key', () => {
  const { row, clientPart } = splitKey(key, place, ring[0], randomBytes)

  it('opens with both shares, where it belongs', () => {
    expect(joinKey(row, clientPart, { place, ring })).toBe(key)
  })

  it.each(elsewhere)('does not open with %s', (_, other) => {
    const part = clientPart.replace(place.id, other.id)
    expect(joinKey(row, part, { place: other, ring })).toBeNull()
    expect(joinKey(row, clientPart, { place: other, ring })).toBeNull()
  })

  it('does not open with the part of another row, of its own id or of ours', () => {
    for (let turn = 0; turn < 50; turn++) {
      const other = splitKey(key, place, ring[0], randomBytes)
      expect(joinKey(row, other.clientPart, { place, ring })).toBeNull()
      expect(joinKey(other.row, clientPart, { place, ring })).toBeNull()
      // Half of one row and half of another.
      expect(joinKey({ ...row, box: other.row.box }, clientPart, { place, ring })).toBeNull()
      expect(joinKey({ ...row, share: other.row.share }, clientPart, { place, ring })).toBeNull()
    }
  })

  it.each([
    ['nothing', ''],
    ['zeros', `gkp1_mine-0001_${'A'.repeat(43)}`],
    ['the share alone', clientPart.slice(-43)],
    ['a letter less', clientPart.slice(0, -1)],
    ['a letter more', `${clientPart}A`],
    ['another id', clientPart.replace('0001', '0002')],
    ['another form', clientPart.replace('gkp1', 'gkp2')],
    ['a line break', `${clientPart}\n`],
  ])('does not open with %s', (_, part) => {
    expect(joinKey(row, part, { place, ring })).toBeNull()
  })

  it('has one spelling of its part: the two unused bits of the last letter count', () => {
    const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    const good = [...letters].filter(
      (letter) => joinKey(row, clientPart.slice(0, -1) + letter, { place, ring }) !== null,
    )
    expect(good).toEqual([clientPart.slice(-1)])
  })

  it('does not open with one bit of box or share changed', () => {
    for (const member of ['box', 'share'] as const) {
      const bytes = Buffer.from(row[member], 'base64')
      for (let at = 0; at < bytes.length; at++) {
        const changed = Buffer.from(bytes)
        changed[at] = (changed[at] as number) ^ 1
        const tampered = { ...row, [member]: changed.toString('base64') }
        expect(joinKey(tampered, clientPart, { place, ring })).toBeNull()
      }
    }
  })

  it('keeps its part when the share is sealed again', () => {
    const again = rewrapSplitKey(row, place, rotated, randomBytes)
    expect(again?.box).toBe(row.box)
    const onlyNew = createRing([newRaw]) as Ring
    expect(again && joinKey(again, clientPart, { place, ring: onlyNew })).toBe(key)
    expect(rewrapSplitKey(row, place, stranger, randomBytes)).toBeNull()
  })

  it('has an id with every letter that ids may have', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[A-Za-z0-9_-]{8,64}$/), (id) => {
        const at = { ...place, id }
        const made = splitKey(key, at, ring[0], randomBytes)
        expect(joinKey(made.row, made.clientPart, { place: at, ring })).toBe(key)
      }),
      { numRuns: 50 },
    )
  })
})

describe('with a recorder in place of the random source', () => {
  /** Every way in which bytes could stand in a text. */
  const spellings = (bytes: Buffer) => [
    bytes.toString('hex'),
    ...[0, 1, 2].flatMap((shift) =>
      (['base64', 'base64url'] as const).map((form) =>
        // Base64 within another one begins at one of three places.
        bytes.subarray(shift, shift + 30).toString(form),
      ),
    ),
    bytes.toString('latin1'),
  ]
  const draws: Buffer[] = []
  const recorder = (length: number) => {
    const bytes = randomBytes(length)
    draws.push(Buffer.from(bytes))
    return bytes
  }

  const rows = Array.from({ length: 40 }, (_, at) => {
    draws.length = 0
    const at1 = { ...place, version: at + 1 }
    const made = splitKey(key, at1, ring[0], recorder)
    const again = rewrapSplitKey(made.row, at1, rotated, recorder)
    return { ...made, place: at1, again, draws: [...draws] }
  })
  const kept = rows.flatMap(({ row, again }) => (again === null ? [] : [row, again]))

  it('data key and client share never stand in what is kept', () => {
    const text = JSON.stringify(kept)
    const raw = kept.flatMap(({ box, share }) =>
      [box, share].map((one) => Buffer.from(one, 'base64')),
    )
    // The data key, the share, the IV, and two ephemeral keys.
    const secrets = rows.flatMap(({ draws: [dataKey, share] }) => [dataKey, share]) as Buffer[]
    expect(secrets.map(({ length }) => length)).toEqual(secrets.map(() => 32))
    const found = secrets.filter(
      (secret) =>
        spellings(secret).some((spelling) => text.includes(spelling)) ||
        raw.some((bytes) => bytes.includes(secret.subarray(0, 16))),
    )
    expect([kept.length, found]).toEqual([80, []])
    expect(text).not.toContain(key.slice(0, 12))
  })

  it('the part has the share and nothing of the data key, and each data key is used once', () => {
    for (const { draws: drawn, clientPart } of rows) {
      const [dataKey, share] = drawn.map((bytes) => bytes.toString('base64url'))
      expect(clientPart).toBe(`gkp1_${place.id}_${share}`)
      expect(clientPart).not.toContain(dataKey)
    }
    const dataKeys = rows.map(({ draws: [dataKey] }) => dataKey?.toString('hex'))
    expect(new Set(dataKeys).size).toBe(rows.length)
  })

  it('every row opens with its own part and with no other', () => {
    const opened = rows.map((one) =>
      rows.map(({ clientPart }) => joinKey(one.row, clientPart, { place: one.place, ring })),
    )
    expect(opened).toEqual(rows.map((_, at) => rows.map((__, of) => (at === of ? key : null))))
  })

  it('everything that is kept, with the private keys, gives no key', () => {
    draws.length = 0
    const { row } = splitKey(key, place, ring[0], recorder)
    // All that the ring opens is the share, and it decrypts nothing.
    const share = Buffer.from(row.share, 'base64')
    for (const guess of [share.subarray(0, 32), share.subarray(32, 64), share.subarray(48)]) {
      const part = `gkp1_${place.id}_${guess.toString('base64url')}`
      expect(joinKey(row, part, { place, ring })).toBeNull()
    }
  })
})
