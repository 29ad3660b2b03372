import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { createRing, type Ring } from './ring.ts'
import { parseSplitKeyFile, type SplitKeyRow, splitKeyName } from './split-key-file.ts'
import { createSplitKeys, type Split } from './split-keys.ts'

const [oldRaw, newRaw] = [randomBytes(32), randomBytes(32)]
const key = 'sk-of-the-user-0123456789abcdef'
const origins: Record<string, string> = {
  openai: 'https://api.openai.com',
  groq: 'https://api.groq.com',
}

function createFixture() {
  const fixture = { rows: {} as Record<string, SplitKeyRow>, ring: createRing([oldRaw]) }
  const keys = createSplitKeys({
    rows: () => fixture.rows,
    ring: () => fixture.ring,
    originOf: (name) => origins[name] ?? null,
  })
  const store = (owner: string, { row }: Split) => {
    const whole: SplitKeyRow = { mode: 'split', owner, createdAt: 0, ...row }
    fixture.rows = { ...fixture.rows, [splitKeyName(whole)]: whole }
    return whole
  }
  const bring = (owner: string, id = 'mine-0001', provider = 'openai') => {
    const split = keys.split({ id, owner, provider, description: null, key }) as Split
    store(owner, split)
    return split.clientPart
  }
  return { fixture, keys, store, bring }
}

describe('a split key', () => {
  it('joins for its owner and its provider, and for nobody else', () => {
    const { keys, bring } = createFixture()
    const part = bring('shop:ada')
    const shown = { owner: 'shop:ada', id: 'mine-0001', clientPart: part }
    expect(keys.join(shown, 'openai')?.key).toBe(key)
    expect(keys.join(shown, 'groq')).toBeNull()
    expect(keys.join(shown, 'none')).toBeNull()
    expect(keys.join({ ...shown, owner: 'shop:eve' }, 'openai')).toBeNull()
    expect(keys.join({ ...shown, id: 'mine-0002' }, 'openai')).toBeNull()
  })

  it('of another owner with the same id is another key', () => {
    const { keys, bring } = createFixture()
    const [ada, eve] = [bring('shop:ada'), bring('shop:eve')]
    const of = (owner: string, clientPart: string) =>
      keys.join({ owner, id: 'mine-0001', clientPart }, 'openai')?.key ?? null
    expect([of('shop:ada', ada), of('shop:eve', eve)]).toEqual([key, key])
    expect([of('shop:ada', eve), of('shop:eve', ada)]).toEqual([null, null])
  })

  it('does not open for another address, whatever its row says', () => {
    const { keys, bring, fixture } = createFixture()
    const shown = { owner: 'shop:ada', id: 'mine-0001', clientPart: bring('shop:ada') }
    const name = splitKeyName(shown)
    const row = fixture.rows[name] as SplitKeyRow
    for (const change of [
      { provider: 'groq', origin: 'https://api.groq.com' },
      { origin: 'https://evil.example' },
      { version: 2 },
      { team: 'red' },
    ]) {
      fixture.rows = { [name]: { ...row, ...change } }
      const opened = ['openai', 'groq'].map((provider) => keys.join(shown, provider)?.key ?? null)
      // A row that only says that it is for another provider stays good for its own.
      expect(opened).toEqual(['origin' in change ? key : null, null])
    }
    origins['openai'] = 'https://gateway.example'
    fixture.rows = { [name]: { ...row, origin: 'https://gateway.example' } }
    expect(keys.join(shown, 'openai')).toBeNull()
    origins['openai'] = 'https://api.openai.com'
  })

  it('is split again by its owner with the part, and the old part is dead', () => {
    const { keys, bring, store } = createFixture()
    const old = { owner: 'shop:ada', id: 'mine-0001', clientPart: bring('shop:ada') }
    expect(keys.rotate({ ...old, owner: 'shop:eve' })).toBeNull()
    expect(keys.rotate({ ...old, clientPart: `${old.clientPart}x` })).toBeNull()
    const next = keys.rotate(old) as Split
    const before = keys.find('shop:ada', 'mine-0001')
    store('shop:ada', next)
    expect(next.row.version).toBe(2)
    expect([next.row.box, next.row.share]).not.toContain(before?.box)
    expect(keys.join(old, 'openai')).toBeNull()
    expect(keys.join({ ...old, clientPart: next.clientPart }, 'openai')?.key).toBe(key)
    // The new part does not open the old row either.
    store('shop:ada', { row: before as SplitKeyRow, clientPart: '' })
    expect(keys.join({ ...old, clientPart: next.clientPart }, 'openai')).toBeNull()
  })

  it('keeps its part when the ring is rotated and the share is sealed again', () => {
    const { keys, bring, fixture } = createFixture()
    const shown = { owner: 'shop:ada', id: 'mine-0001', clientPart: bring('shop:ada') }
    expect(keys.rewrap()).toEqual([])
    fixture.ring = createRing([newRaw, oldRaw])
    const [again] = keys.rewrap()
    const row = fixture.rows[splitKeyName(shown)] as SplitKeyRow
    expect(again).toMatchObject({ owner: 'shop:ada', before: row.share })
    fixture.rows = { [splitKeyName(shown)]: { ...row, ...again } as SplitKeyRow }
    fixture.ring = createRing([newRaw]) as Ring
    expect(keys.join(shown, 'openai')?.key).toBe(key)
  })

  it('is not split without a vault key or for an unknown provider', () => {
    const { keys, fixture } = createFixture()
    const brought = { id: 'mine-0001', owner: 'shop:ada', description: null, key }
    expect(keys.split({ ...brought, provider: 'acme' })).toBeNull()
    fixture.ring = null
    expect(keys.split({ ...brought, provider: 'openai' })).toBeNull()
  })

  it('is known by its id only while there is one', () => {
    const { keys, bring, fixture } = createFixture()
    bring('shop:ada', '__proto__')
    expect([keys.isId('__proto__'), keys.isId('toString'), keys.isId('other-01')]).toEqual([
      true,
      false,
      false,
    ])
    fixture.rows = {}
    expect(keys.isId('__proto__')).toBe(false)
    expect(keys.find('shop:ada', 'constructor')).toBeNull()
  })
})

describe('the document', () => {
  const { keys, store } = createFixture()
  const brought = { id: 'mine-0001', owner: 'shop:ada', provider: 'openai', description: null, key }
  const row = store('shop:ada', keys.split(brought) as Split)
  const entry = { ...row, createdAt: '2026-11-30T10:00:00Z' }
  const parse = (...splitKeys: object[]) =>
    parseSplitKeyFile(JSON.stringify({ version: 1, splitKeys }), 'split-keys.json')

  it('is read whole', () => {
    expect(Object.values(parse(entry))).toMatchObject([{ id: 'mine-0001', owner: 'shop:ada' }])
  })

  it('with one id twice for one owner is refused, for two owners it is two keys', () => {
    expect(() => parse(entry, entry)).toThrow('two keys of one owner')
    expect(Object.keys(parse(entry, { ...entry, owner: 'shop:eve' }))).toHaveLength(2)
  })

  it.each([
    { id: 'short' },
    { id: 'x'.repeat(41) },
    { id: 'has space' },
    { mode: 'held' },
    { share: 'not base64!' },
    { version: 0 },
    { origin: 'https://a.example/path' },
    { clientPart: 'gkp1_x' },
    { description: 'two\nlines' },
  ])('with %j is refused', (change) => {
    expect(() => parse({ ...entry, ...change })).toThrow('split-keys.json')
  })
})
