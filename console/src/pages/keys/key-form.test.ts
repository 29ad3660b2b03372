import { describe, expect, test } from 'vitest'
import { toCsv } from './export-csv.ts'
import { commandFor, emptyForm, formOf, splitList, toKeyChange, toNewKey } from './key-form.ts'
import { drawKeyId, type Key } from './keys.ts'

const now = Date.UTC(2026, 10, 30)
const key: Key = {
  ...{ id: 'abcde01234', user: 'ada', role: 'readwrite', services: ['ollama'], tags: ['a'] },
  ...{ unknownServices: [], description: null, state: 'active', isExpiring: false },
  ...{
    isUnused: false,
    disabled: false,
    madeBy: null,
    madeByName: null,
    makerProblem: null,
    createdAt: null,
  },
  ...{ expiresAt: null, noExpiryReason: 'a display', lastUsedAt: null, models: [] },
  ...{
    addresses: [],
    origins: [],
    cloudModels: null,
    caps: {},
    weight: null,
    rotation: null,
    team: null,
  },
  limits: [{ text: '60/min', used: 1, limit: 60, unit: 'requests', resetsAt: null }],
}

describe('the body of a new key', () => {
  test('proposes an end in 90 days', () => {
    const body = toNewKey({ ...emptyForm, user: ' ada ', services: ['ollama'] }, now)
    expect(body).toMatchObject({ user: 'ada', expiresAt: '2027-02-28T00:00:00.000Z' })
  })

  test('has the reason of no end, and never both', () => {
    const body = toNewKey({ ...emptyForm, end: 'none', reason: 'a display' }, now)
    expect(body).toMatchObject({ expiresAt: null, noExpiryReason: 'a display' })
    expect(toNewKey(emptyForm, now)).not.toHaveProperty('noExpiryReason')
  })

  test('has lists as people type them', () => {
    expect(splitList(' 60/min,\n5usd/month , ,')).toEqual(['60/min', '5usd/month'])
  })
})

test('a change names what was changed, and takes back what was emptied', () => {
  const before = formOf(key)
  expect(toKeyChange(before, before, now)).toEqual({})
  const form = { ...before, limits: '', user: 'eve', end: '30' }
  const change = { user: 'eve', limits: [], expiresAt: '2026-12-30T00:00:00.000Z' }
  expect(toKeyChange(form, before, now)).toEqual(change)
})

test('the command makes the same key, and a shell reads it as it is meant', () => {
  const form = { ...emptyForm, user: "o'neill", services: ['ollama'], limits: '100/hour burst 20' }
  expect(commandFor(form)).toBe(
    "npm run keys -- add -u 'o'\\''neill' -s ollama -e 90d --limit '100/hour burst 20'",
  )
})

test('an id has ten characters of which none is likelier', () => {
  const ids = Array.from({ length: 2000 }, drawKeyId)
  expect(ids.every((id) => /^[0-9a-z]{10}$/.test(id))).toBe(true)
  const counts = new Map<string, number>()
  for (const letter of ids.join('')) counts.set(letter, (counts.get(letter) ?? 0) + 1)
  expect(counts.size).toBe(36)
  expect(Math.max(...counts.values()) / Math.min(...counts.values())).toBeLessThan(1.8)
})

test('no cell of the export is a formula to a spreadsheet', () => {
  const csv = toCsv([{ ...key, user: '=HYPERLINK("http://evil.example")', description: 'a,"b"\n' }])
  expect(csv).toContain('"\'=HYPERLINK(""http://evil.example"")"')
  expect(csv).toContain('"a,""b""\n"')
  for (const cell of csv.split(/[,\r\n]+/)) expect(cell).not.toMatch(/^[=+@]/)
})
