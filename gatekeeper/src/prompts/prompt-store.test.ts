import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openPromptStore, type PromptStore } from './prompt-store.ts'

let folder: string
const opened: PromptStore[] = []

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gk-prompts-'))
})
afterEach(async () => {
  for (const store of opened.splice(0)) store.close()
  await rm(folder, { recursive: true, force: true })
})

async function put(domain: string, texts: Record<string, string>): Promise<void> {
  await mkdir(join(folder, domain), { recursive: true })
  for (const [level, text] of Object.entries(texts)) {
    await writeFile(join(folder, domain, `${level}.txt`), text)
  }
}

async function open(at = folder): Promise<PromptStore> {
  const store = await openPromptStore({ folder: at })
  opened.push(store)
  return store
}

describe('prompts', () => {
  it('are found by domain and level, and a new folder is a new domain', async () => {
    await put('general', { standard: ' be kind\n', guarded: 'be careful' })
    const store = await open()
    expect(store.find('general', 'standard')).toBe('be kind')
    expect(store.find('law', 'standard')).toBeNull()
    await put('law', { standard: 'a', guarded: 'b' })
    await store.reload()
    expect(store.domains()).toEqual(['general', 'law'])
    await rm(join(folder, 'law'), { recursive: true })
    await store.reload()
    expect(store.find('law', 'guarded')).toBeNull()
  })

  it('that were edited apply at once; a broken one leaves the last good one, and is reported', async () => {
    await put('general', { standard: 'old', guarded: 'b' })
    const store = await open()
    await put('general', { standard: 'fresh text' })
    await store.reload()
    expect(store.find('general', 'standard')).toBe('fresh text')
    await put('general', { standard: '  \n' })
    await store.reload()
    expect(store.find('general', 'standard')).toBe('fresh text')
    expect(store.problems()).toMatchObject([{ what: 'is empty' }])
  })

  it.each([
    { standard: 'a' },
    { standard: 'a', guarded: '' },
    { standard: 'a', guarded: 'x'.repeat(70_000) },
  ])('of an incomplete domain stop the start', async (texts) => {
    await put('general', texts as Record<string, string>)
    await expect(open()).rejects.toThrow(/guarded\.txt/)
  })

  it('under their older names are accepted: insecure for minnow, secure for shark', async () => {
    await put('general', { insecure: 'be kind', secure: 'be careful' })
    await put('law', { standard: 'a', secure: 'b' })
    const store = await open()
    expect(store.find('general', 'standard')).toBe('be kind')
    expect(store.find('general', 'guarded')).toBe('be careful')
    expect(store.find('law', 'guarded')).toBe('b')
    await put('general', { secure: 'be very careful' })
    await store.reload()
    expect(store.find('general', 'guarded')).toBe('be very careful')
  })

  it('under both names at once stop the start, and later leave the last good text in force', async () => {
    await put('general', { standard: 'a', guarded: 'strict', secure: 'weak' })
    await expect(open()).rejects.toThrow(/guarded\.txt: exists together with secure\.txt.*Keep one/)
    await rm(join(folder, 'general/secure.txt'))
    const store = await open()
    await put('general', { secure: 'weak' })
    await store.reload()
    expect(store.find('general', 'guarded')).toBe('strict')
    expect(store.problems()).toMatchObject([{ what: expect.stringContaining('secure.txt') }])
    await rm(join(folder, 'general/guarded.txt'))
    await store.reload()
    expect(store.find('general', 'guarded')).toBe('weak')
  })

  it('with names like ../general, of Object members or of files do not exist', async () => {
    await put('general', { standard: 'a', guarded: 'b' })
    await writeFile(join(folder, 'notes'), 'x')
    const store = await open()
    for (const name of ['../general', 'general/', '__proto__', 'constructor', 'notes', '']) {
      expect(store.find(name, 'standard')).toBeNull()
    }
  })
})

describe('C10: the ten shipped prompts', () => {
  const shipped = resolve(import.meta.dirname, '../../../prompts')

  it('are a pair for each of the five domains', async () => {
    const store = await open(shipped)
    expect(store.domains()).toEqual(['finance', 'general', 'medicine', 'taxes', 'vacation-rental'])
  })

  it.each([
    ['finance', /no advice/i, /no forecasts/i],
    ['medicine', /no diagnosis/i, /no treatment|Recommend no treatment/i, /doctor/i],
    ['taxes', /social security/i, /tax adviser/i],
    ['vacation-rental', /nothing about bookings/i, /no payment data/i],
    ['general', /privacy comes first/i],
  ])('guarded %s has the required sentences', async (domain, ...wanted) => {
    const store = await open(shipped)
    for (const words of wanted)
      expect(store.find(domain as string, 'guarded')).toMatch(words as RegExp)
  })

  it.each([
    ['finance', /money|markets/],
    ['medicine', /health|medicine/],
    ['taxes', /taxes/],
    ['vacation-rental', /vacation rentals/],
  ])('standard %s is about its domain', async (domain, words) => {
    const store = await open(shipped)
    expect(store.find(domain, 'standard')).toMatch(words)
  })

  it('C11: no prompt has the words that clients never see', async () => {
    const store = await open(shipped)
    for (const domain of store.domains()) {
      for (const level of ['standard', 'guarded'] as const) {
        const text = await readFile(join(shipped, domain, `${level}.txt`), 'utf8')
        expect(text).not.toMatch(/\b(?:in)?secure\b/i)
      }
    }
  })
})
