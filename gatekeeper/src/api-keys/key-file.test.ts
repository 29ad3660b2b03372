import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { noCaps } from '../model/caps.ts'
import type { KnownServices } from '../model/known-services.ts'
import { parseLimit } from '../model/limit.ts'
import { createApiKey, hashKey } from './api-key.ts'
import { parseKeyFile } from './key-file.ts'

const aliases: Record<string, string> = { ollama: 'ollama', chat: 'ollama', tts: 'tts' }
const known: KnownServices = { serviceNameOf: (name) => aliases[name] ?? null }
const parse = (value: unknown) => parseKeyFile(JSON.stringify(value, null, 2), 'keys.json', known)
const hash = 'ab'.repeat(32)
const whole = {
  user: 'ada',
  role: 'readwrite',
  services: ['ollama', 'chat', 'tts'],
  secrets: [{ sha256: hash, createdAt: '2026-01-01T00:00:00Z', expiresAt: null }],
  createdAt: '2026-01-01T00:00:00Z',
  expiresAt: '2027-01-01T00:00:00Z',
  disabled: false,
  madeBy: 'zzzzzzzzzz',
  team: 'red-1',
  addresses: ['10.0.0.0/8', '::1'],
  origins: ['https://app.example'],
  models: ['llama3'],
  limits: ['60/minute', '5usd/month'],
  cloudModels: true,
  caps: { outputTokens: 100 },
  weight: 3,
  description: 'the laptop',
  tags: ['env=prod'],
}
const withKey = (entry: unknown, id = 'abcde01234') => ({ version: 1, keys: { [id]: entry } })

describe('version 1', () => {
  test('reads a whole key, its services by their own names', () => {
    const { keys, problems, warnings, form } = parse(withKey(whole))
    expect({ problems, warnings, form }).toEqual({ problems: [], warnings: [], form: 'version 1' })
    expect(keys).toEqual([
      {
        id: 'abcde01234',
        user: 'ada',
        role: 'readwrite',
        services: ['ollama', 'tts'],
        unknownServices: [],
        description: 'the laptop',
        tags: ['env=prod'],
        secrets: [{ sha256: hash, createdAt: Date.UTC(2026, 0, 1), expiresAt: null }],
        createdAt: Date.UTC(2026, 0, 1),
        expiresAt: Date.UTC(2027, 0, 1),
        disabled: false,
        addresses: ['10.0.0.0/8', '::1'],
        origins: ['https://app.example'],
        noExpiryReason: null,
        madeBy: 'zzzzzzzzzz',
        team: 'red-1',
        models: ['llama3'],
        limits: [parseLimit('60/min'), parseLimit('5usd/month')],
        cloudModels: true,
        caps: { ...noCaps, outputTokens: 100 },
        weight: 3,
      },
    ])
  })

  test('reads a whole key, and a key with the required members only', () => {
    const { user, role, services, secrets } = whole
    expect(parse(withKey({ user, role, services, secrets })).keys).toHaveLength(1)
    expect(parse({ version: 1, keys: {} })).toMatchObject({ keys: [], problems: [] })
  })

  test.each([
    { name: 'an unknown member', entry: { ...whole, admin: true }, what: /unknown member "admin"/ },
    {
      name: 'a maker that is not an id',
      entry: { ...whole, madeBy: 'ada' },
      what: /madeBy must be the id of a person/,
    },
    { name: 'no user', entry: { ...whole, user: undefined }, what: /user is missing/ },
    { name: 'an empty user', entry: { ...whole, user: ' ' }, what: /user must/ },
    { name: 'a line break in the user', entry: { ...whole, user: 'a\nb' }, what: /user must/ },
    { name: 'an unknown role', entry: { ...whole, role: 'root' }, what: /role is not/ },
    {
      name: 'a service that is not a string',
      entry: { ...whole, services: [1] },
      what: /services must/,
    },
    {
      name: 'a line break in a service, which could be read as two',
      entry: { ...whole, services: ['ollama\ntts'] },
      what: /services must/,
    },
    { name: 'services as a text', entry: { ...whole, services: 'tts' }, what: /services must/ },
    { name: 'no secret', entry: { ...whole, secrets: [] }, what: /secrets must/ },
    {
      name: 'three secrets',
      entry: { ...whole, secrets: [1, 2, 3].map(() => whole.secrets[0]) },
      what: /secrets must/,
    },
    {
      name: 'a hash in upper case',
      entry: { ...whole, secrets: [{ sha256: hash.toUpperCase() }] },
      what: /sha256 must/,
    },
    {
      name: 'a member of a secret that is unknown',
      entry: { ...whole, secrets: [{ sha256: hash, bcrypt: 'x' }] },
      what: /unknown member "bcrypt"/,
    },
    {
      name: 'a secret that is not an object',
      entry: { ...whole, secrets: [hash] },
      what: /an object/,
    },
    {
      name: 'a date without zone',
      entry: { ...whole, expiresAt: '2027-01-01T00:00:00' },
      what: /expiresAt/,
    },
    { name: 'a date as number', entry: { ...whole, expiresAt: 1 }, what: /expiresAt must/ },
    { name: 'disabled as text', entry: { ...whole, disabled: 'true' }, what: /disabled must/ },
    {
      name: 'an invalid range',
      entry: { ...whole, addresses: ['10.0.0.0/33'] },
      what: /addresses/,
    },
    {
      name: 'an origin with a path',
      entry: { ...whole, origins: ['https://a.b/c'] },
      what: /origins/,
    },
    {
      name: 'a limit that is not a string',
      entry: { ...whole, limits: ['60/min', { requests: 1 }] },
      what: /limits has an invalid limit at position 2/,
    },
    {
      name: 'a limit that means nothing',
      entry: { ...whole, limits: ['60/fortnight'] },
      what: /limits has an invalid limit at position 1/,
    },
    {
      name: 'limits that are not a list',
      entry: { ...whole, limits: '60/min' },
      what: /limits must/,
    },
    {
      name: 'an unknown cap',
      entry: { ...whole, caps: { tokens: 1 } },
      what: /unknown member "tokens"/,
    },
    {
      name: 'a cap that is not a number',
      entry: { ...whole, caps: { outputTokens: '1' } },
      what: /outputTokens must/,
    },
    { name: 'a tag with a comma', entry: { ...whole, tags: ['a,b'] }, what: /tags must/ },
    {
      name: 'too many tags',
      entry: { ...whole, tags: Array.from({ length: 51 }, (_, at) => `tag${at}`) },
      what: /tags must be a list of at most 50/,
    },
    { name: 'a weight of nothing', entry: { ...whole, weight: 0 }, what: /weight must/ },
    {
      name: 'a right in quotes',
      entry: { ...whole, cloudModels: 'yes' },
      what: /cloudModels must/,
    },
    { name: 'a key that is not an object', entry: null, what: /an object/ },
    {
      name: '__proto__ as a member',
      entry: JSON.parse('{"__proto__": 1}'),
      what: /unknown member/,
    },
  ])('refuses $name, and then returns no key at all', ({ entry, what }) => {
    const read = parse({ version: 1, keys: { abcde01234: entry, zzzzz01234: whole } })
    expect(read.keys).toEqual([])
    expect(read.problems.map((problem) => problem.what)).toContainEqual(expect.stringMatching(what))
    expect(read.problems[0]).toMatchObject({ source: 'keys.json', line: expect.any(Number) })
  })

  test('lists all problems, each with its line', () => {
    const first = { ...whole, role: 'x', user: 1 }
    const file = { version: 1, keys: { abcde01234: first, zzzzz01234: { ...whole, disabled: 0 } } }
    const lines = JSON.stringify(file, null, 2).split('\n')
    const lineOf = (text: string) => lines.findIndex((line) => line.includes(text)) + 1
    const { problems } = parse(file)
    expect(problems.map(({ what, line }) => [what.split(' ')[0], line])).toEqual([
      ['user', lineOf('"user": 1')],
      ['role', lineOf('"role": "x"')],
      ['disabled', lineOf('"disabled": 0')],
    ])
  })

  test('lists fifty of a thousand problems and counts the rest', () => {
    const ids = Array.from({ length: 1000 }, (_, at) => `k${String(at).padStart(9, '0')}`)
    const keys = Object.fromEntries(ids.map((id) => [id, { ...whole, role: 'x' }]))
    const { problems } = parse({ version: 1, keys })
    expect(problems).toHaveLength(51)
    expect(problems.at(-1)?.what).toBe('and 950 more problems of this kind')
  })

  test.each([
    { name: 'another version', file: { version: 2, keys: {} }, what: /version/ },
    { name: 'the version as a text', file: { version: '1', keys: {} }, what: /version/ },
    { name: 'no keys', file: { version: 1 }, what: /keys must be an object/ },
    { name: 'keys as a list', file: { version: 1, keys: [] }, what: /keys must be an object/ },
    { name: 'a further member', file: { version: 1, keys: {}, more: 1 }, what: /besides/ },
    { name: 'a list', file: [], what: /not a JSON object/ },
    { name: 'null', file: null, what: /not a JSON object/ },
  ])('refuses $name', ({ file, what }) => {
    expect(parse(file).problems[0]?.what).toMatch(what)
  })

  test('warns of a service that the config does not know, and keeps the others', () => {
    const { keys, warnings, problems } = parse(withKey({ ...whole, services: ['gone', 'tts'] }))
    expect(problems).toEqual([])
    expect(keys[0]?.services).toEqual(['tts'])
    expect(warnings).toHaveLength(1)
    expect(warnings[0]).toMatchObject({ line: 7, what: expect.stringContaining('"gone"') })
  })

  test('accepts the ids of imported keys, and no others', () => {
    expect(parse(withKey(whole, 'plain-ada-tts-2')).keys).toHaveLength(1)
    for (const id of ['plain-', 'plain-Ada', 'abc', 'ABCDE01234', '__proto__', 'constructor']) {
      const text = `{"version":1,"keys":{${JSON.stringify(id)}:${JSON.stringify(whole)}}}`
      expect(parseKeyFile(text, 'f', known).problems).toHaveLength(1)
    }
  })
})

describe('a duplicate member', () => {
  test.each([
    ['a key', '"keys":{"abcde01234":ENTRY,"abcde01234":ENTRY}'],
    ['keys', '"keys":{},"keys":{"abcde01234":ENTRY}'],
    ['disabled, hidden by an escape', '"keys":{"abcde01234":{"disabl\\u0065d":true,REST}}'],
    [
      'a hash',
      `"keys":{"abcde01234":{"user":"a","role":"admin","services":[],"secrets":[{"sha256":"${hash}","sha256":"${hash}"}]}}`,
    ],
  ])(
    '%s is a problem with its place, since JSON.parse silently keeps the last one',
    (_, members) => {
      const entry = JSON.stringify(whole)
      const text = `{"version":1,\n${members.replaceAll('ENTRY', entry).replace('REST', entry.slice(1, -1))}}`
      const { keys, problems } = parseKeyFile(text, 'f', known)
      expect(keys).toEqual([])
      expect(problems).toMatchObject([{ line: 2, what: expect.stringContaining('repeated') }])
    },
  )
})

describe('the plain map of older set-ups (K3)', () => {
  const plain = {
    '8f14e45fceea167a': { user: 'Ada L.', service: 'chat', created_at: '2025-01-01T10:00:00' },
    'other-key': { user: 'Ada L.', service: 'chat', created_at: null, note: 'more' },
  }

  test('loads as it is, hashed, with one warning that says how to import', () => {
    const { form, keys, problems, warnings } = parse(plain)
    expect({ form, problems }).toEqual({ form: 'plain map', problems: [] })
    expect(keys.map(({ id }) => id)).toEqual(['plain-ada-l-chat', 'plain-ada-l-chat-2'])
    expect(keys[0]).toMatchObject({
      user: 'Ada L.',
      role: 'readwrite',
      services: ['ollama'],
      secrets: [{ sha256: hashKey('8f14e45fceea167a') }],
      createdAt: Date.UTC(2025, 0, 1, 10),
      expiresAt: null,
      disabled: false,
    })
    expect(warnings).toHaveLength(1)
    expect(warnings[0]?.remedy).toContain('npm run keys -- import')
  })

  test('an empty map has no keys and gives no warning', () => {
    expect(parse({})).toEqual({ form: 'plain map', keys: [], problems: [], warnings: [] })
  })

  test('gives every key an id of its own, whatever the users are called', () => {
    const entries = ['a', 'a-tts', 'a', 'Ä', '--'].map((user, at) => [
      `k${at}`,
      { user, service: 'tts' },
    ])
    entries.push(['k9', { user: 'a-tts', service: '2' }])
    const ids = parse(Object.fromEntries(entries)).keys.map(({ id }) => id)
    expect(new Set(ids).size).toBe(6)
    for (const id of ids) expect(id).toMatch(/^plain-[a-z0-9-]+$/)
  })

  test.each([
    ['an empty key', { '': { user: 'a', service: 'tts' } }],
    ['an entry without a user', { secretkey: { service: 'tts' } }],
    ['an entry without a service', { secretkey: { user: 'a' } }],
    ['an entry that is a text', { secretkey: 'ada' }],
  ])('refuses %s with its line', (_, file) => {
    expect(parse(file)).toMatchObject({ keys: [], problems: [{ line: 2 }] })
  })

  test.each([
    ['our own form', createApiKey().key],
    ['a JWT', 'aaaa.bbbb.cccc'],
    ['a very long text', 'x'.repeat(5000)],
  ])('warns that %s can never match', (_, key) => {
    const { warnings, problems } = parse({ [key]: { user: 'a', service: 'tts' } })
    expect(problems).toEqual([])
    expect(warnings.map(({ what }) => what)).toContainEqual(expect.stringContaining('never match'))
  })

  test.each([
    { member: { disabled: true }, disabled: true },
    { member: { disabled: 'yes' }, disabled: true },
    { member: { revoked: 1 }, disabled: true },
    { member: { active: false }, disabled: true },
    { member: { enabled: 'no' }, disabled: true },
    { member: { active: true, disabled: false, revoked: null }, disabled: false },
    { member: { expires_at: null }, disabled: false },
    { member: { expires_at: 'soon' }, disabled: true },
    { member: { expires: 1767225600 }, disabled: true },
  ])('a key that an older script disabled with $member stays disabled', ({ member, disabled }) => {
    const { keys } = parse({ k: { user: 'a', service: 'tts', ...member } })
    expect(keys[0]).toMatchObject({ disabled, expiresAt: null })
  })

  test.each(['2026-01-01', '2026-01-01T00:00:00', '2026-01-01 00:00:00', '2026-01-01T00:00:00Z'])(
    'an expiry from an older script is kept: %s',
    (text) => {
      const { keys } = parse({ k: { user: 'a', service: 'tts', expires_at: text } })
      expect(keys[0]?.expiresAt).toBe(Date.UTC(2026, 0, 1))
    },
  )
})

describe('no problem or warning ever shows a key', () => {
  const { key } = createApiKey()
  const secret = 'correct-horse-battery'
  const bad = 'eyJhbGciOi.eyJzdWIiOi.c2lnbmF0dX'

  test.each([
    [
      'a plain key twice',
      `{"${secret}":{"user":"a","service":"tts"},"${secret}":{"user":"a","service":"tts"}}`,
    ],
    ['an entry without a user', JSON.stringify({ [secret]: {} })],
    ['a plain key beside version', JSON.stringify({ version: 1, keys: {}, [secret]: {} })],
    ['a whole key as the id', JSON.stringify(withKey(whole, key))],
    ['a plain key as the id', JSON.stringify(withKey(whole, secret))],
    ['a key as a member', JSON.stringify(withKey({ ...whole, [key]: true, [secret]: 1 }))],
    ['a key as the hash', JSON.stringify(withKey({ ...whole, secrets: [{ sha256: key }] }))],
    ['a key as the role', JSON.stringify(withKey({ ...whole, role: key }))],
    ['a broken text around a key', `{"${secret}" {"user":`],
    ['a key without quotes', `{${key}: {}}`],
    ['a key of our form in a plain map', JSON.stringify({ [key]: { user: 'a', service: 'x' } })],
    ['a JWT in a plain map', JSON.stringify({ [bad]: { user: 'a', service: 'x' } })],
  ])('%s', (_, text) => {
    const { problems, warnings } = parseKeyFile(text, 'f', known)
    const said = JSON.stringify([problems, warnings])
    expect(problems.length + warnings.length).toBeGreaterThan(0)
    for (const shown of [key.slice(14, 24), 'horse', 'eyJ', 'gk_'])
      expect(said).not.toContain(shown)
  })

  test('no content of a file makes the reader throw', () => {
    const anything = fc.oneof(
      fc.string(),
      fc.json(),
      fc.jsonValue().map((keys) => JSON.stringify({ version: 1, keys })),
      fc.jsonValue().map((entry) => JSON.stringify(withKey(entry))),
      fc
        .dictionary(fc.string(), fc.record({ user: fc.string(), service: fc.string() }))
        .map((map) => JSON.stringify(map)),
    )
    fc.assert(
      fc.property(anything, (text) => {
        const { keys, problems } = parseKeyFile(text, 'f', known)
        if (problems.length > 0) expect(keys).toEqual([])
      }),
      { numRuns: 500 },
    )
  })

  test('not even a text nested a hundred thousand deep', () => {
    const deep = '['.repeat(100_000) + ']'.repeat(100_000)
    expect(
      parseKeyFile(`{"k":{"user":"a","service":"tts","more":${deep}}}`, 'f', known).keys,
    ).toHaveLength(1)
    expect(parseKeyFile(`{"version":1,"keys":${deep}}`, 'f', known).problems).toHaveLength(1)
  })
})
