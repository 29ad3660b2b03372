import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { runKeys } from './test/run-keys.ts'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'keys-cli-'))
  await writeFile(
    join(folder, 'gatekeeper.yaml'),
    [
      'version: 1',
      'services:',
      '  ollama: {kind: ollama, aliases: [chat], routes: [{prefix: /api}]}',
      '  tts: {kind: http, origins: [https://a.b], routes: [{prefix: /tts, strip: true}]}',
    ].join('\n'),
  )
})

afterEach(() => rm(folder, { recursive: true, force: true }))

const keys = (args: readonly string[], input = '', env = {}) =>
  runKeys(folder, args, { input, env })

const addAda = ['add', '--user', 'ada', '--service', 'chat', '--role', 'readwrite', '--json']
const keyFile = () => join(folder, 'keys', 'keys.json')

async function addKey(...more: string[]): Promise<{ id: string; key: string }> {
  const { out, code } = await keys([...addAda, ...more])
  expect(code).toBe(0)
  return JSON.parse(out) as { id: string; key: string }
}

describe('K7: add', () => {
  test('--json prints one object with id and key, and nothing else', async () => {
    const { out, err, code } = await keys([...addAda, '--expires', '30d'])
    expect([code, err]).toEqual([0, ''])
    expect(JSON.parse(out)).toMatchObject({
      id: expect.stringMatching(/^[0-9a-z]{10}$/),
      key: expect.stringMatching(/^gk_[0-9a-z]{10}_[0-9A-Za-z]{49}$/),
      services: ['ollama'],
      role: 'readwrite',
    })
    const file = JSON.parse(await readFile(keyFile(), 'utf8'))
    const [entry] = Object.values(file.keys) as { expiresAt: string; createdAt: string }[]
    const lifeMs = Date.parse(entry?.expiresAt ?? '') - Date.parse(entry?.createdAt ?? '')
    expect(Math.abs(lifeMs - 30 * 86_400_000)).toBeLessThan(60_000)
  })

  test('shows people the key once, and how to use it', async () => {
    const { out } = await keys(['generate', '--user', 'ada', '--service', 'ollama,tts'])
    expect(out.match(/gk_[0-9a-z]{10}_[0-9A-Za-z]{49}/g)).toHaveLength(1)
    expect(out).toContain('Authorization: Bearer')
    expect(out).toContain('shown once')
    expect(await readFile(keyFile(), 'utf8')).not.toContain('gk_')
  })

  test('takes every restriction', async () => {
    const more = [
      '--address',
      '10.0.0.0/8',
      '--origin',
      'https://a.b',
      '--model',
      'm1',
      '--model',
      'm2',
    ]
    const { id } = await addKey(...more, '--service', 'tts', '--expires', '2099-01-01')
    const { out } = await keys(['show', id, '--json'])
    expect(JSON.parse(out)).toMatchObject({
      services: ['ollama', 'tts'],
      addresses: ['10.0.0.0/8'],
      origins: ['https://a.b'],
      models: ['m1', 'm2'],
      expiresAt: '2099-01-01T00:00:00.000Z',
    })
  })

  test('without a terminal everything that is missing or wrong is named at once, exit 64', async () => {
    const args = ['--role', 'root', '--expires', 'soon', '--address', 'home', '--origin', 'a.b']
    const { code, err, out } = await keys(['add', ...args])
    expect([code, out]).toEqual([64, ''])
    for (const name of ['--user', '--service', '--role', '--expires', '--address', '--origin']) {
      expect(err).toContain(name)
    }
  })

  test.each([
    [['--service', 'gone'], /"gone"; there are ollama, tts/],
    [['--service', 'tts', '--expires', '2001-01-01'], /past/],
    [['--service', 'tts', '--colour', 'red'], /there is no option --colour/],
    [['--service', 'tts', 'stray'], /hyphens/],
  ])('%j is a usage error', async (args, what) => {
    const { code, err } = await keys(['add', '--user', 'ada', ...args])
    expect(code).toBe(64)
    expect(err).toMatch(what)
    expect(await readdir(folder)).toEqual(['gatekeeper.yaml'])
  })
})

test('list and show tell everything but the secret', async () => {
  const { id, key } = await addKey()
  const list = await keys(['list'])
  expect(list.out).toMatch(new RegExp(`^${id} +ada +readwrite +ollama +active +never +never$`, 'm'))
  const json = await keys(['list', '--json'])
  expect(JSON.parse(json.out)).toMatchObject([{ id, user: 'ada', state: 'active' }])
  const show = await keys(['show', `key:${id}`])
  expect(show.out).toMatch(/^user +ada$/m)
  for (const { out } of [list, json, show]) {
    expect(out).not.toContain(key.slice(14, 30))
    expect(out).not.toMatch(/[0-9a-f]{64}/)
  }
})

describe('limits', () => {
  const limited = [
    ...['--limit', '60/minute', '--limit', '200k-tokens/day,5usd/month', '--concurrent', '2'],
    ...['--model', 'llama3.2:*', '--cloud-models', '--weight', '3'],
  ]
  const limits = ['60/min', '200k-tokens/day', '5usd/month', '2-concurrent']
  const entryOf = async (id: string) => JSON.parse(await readFile(keyFile(), 'utf8')).keys[id]

  test('of a new key are in the file, in their one form, and shown', async () => {
    const { id } = await addKey(...limited)
    expect(await entryOf(id)).toMatchObject({
      ...{ limits, models: ['llama3.2:*'], cloudModels: true, weight: 3 },
    })
    const { out } = await keys(['show', id])
    expect(out).toMatch(/^limits +60\/min, 200k-tokens\/day, 5usd\/month, 2-concurrent$/m)
    expect(out).toMatch(/^cloud models +yes$/m)
    expect(out).toMatch(/^weight +3$/m)
    expect((await keys(['list'])).out).toContain('60/min, 200k-tokens/day')
  })

  test('are replaced by edit, what was not named stays, and the secret too', async () => {
    const { id, key } = await addKey(...limited)
    const edited = await keys(['edit', id, '--limit', '100/hour burst 20', '--json'])
    expect(JSON.parse(edited.out)).toMatchObject({ id, limits: ['100/hour burst 20'], weight: 3 })
    const { secrets, ...entry } = await entryOf(id)
    expect(entry).toMatchObject({ models: ['llama3.2:*'], cloudModels: true })
    expect(secrets).toHaveLength(1)
    expect((await keys(['verify'], key)).code).toBe(0)
    const none = ['edit', id, '--no-limits', '--any-model', '--no-cloud-models', '--weight', '1']
    expect((await keys(none)).code).toBe(0)
    expect(await entryOf(id)).toMatchObject({
      ...{ limits: [], models: [], cloudModels: false, weight: 1 },
    })
  })

  test.each([
    [['--limit', '60/fortnight'], /"60\/fortnight" is not a limit/],
    [['--limit', '60/min', '--limit', '0/day', '--weight', '0'], /"0\/day"[\s\S]*--weight/],
    [['--concurrent', 'two'], /--concurrent must/],
    [['--limit', '60/min', '--no-limits'], /exclude each other/],
    [[], /there is nothing to change/],
  ])('edit %j changes nothing and says why', async (words, what) => {
    const { id } = await addKey('--limit', '5/day')
    const { code, err } = await keys(['edit', id, ...words])
    expect(code).toBe(64)
    expect(err).toMatch(what)
    expect((await entryOf(id)).limits).toEqual(['5/day'])
  })
})

test('list without a file is empty and no error', async () => {
  expect(await keys(['list'])).toMatchObject({ code: 0, err: '' })
  expect(JSON.parse((await keys(['list', '--json'])).out)).toEqual([])
})

describe('K7: verify explains a key', () => {
  const verify = async (input: string) => {
    const { out, code } = await keys(['verify', '--json'], input)
    return { ...(JSON.parse(out) as Record<string, unknown>), code }
  }

  test('that works, by any of its names', async () => {
    const { id, key } = await addKey()
    expect(await verify(`${key}\n`)).toMatchObject({
      code: 0,
      valid: true,
      checksum: true,
      key: { id },
    })
    expect((await keys(['validate'], key)).out).toContain('Yes')
  })

  test('that does not, with the reason and exit 1', async () => {
    const { id, key } = await addKey()
    const other = await addKey()
    const typo = key.slice(0, -1) + (key.endsWith('0') ? '1' : '0')
    expect(await verify(typo)).toMatchObject({ code: 1, reason: 'malformed-key', checksum: false })
    expect(await verify('x')).toMatchObject({ code: 1, reason: 'unknown-key', form: 'plain' })
    expect(await verify('a.b.c')).toMatchObject({ code: 1, reason: 'unknown-key' })
    await keys(['disable', id])
    expect(await verify(key)).toMatchObject({
      code: 1,
      reason: 'disabled-key',
      key: { user: 'ada' },
    })
    await keys(['enable', id])
    expect(await verify(key)).toMatchObject({ code: 0 })
    await keys(['remove', other.id])
    expect(await verify(other.key)).toMatchObject({ code: 1, reason: 'unknown-key', key: null })
    await keys(['rotate', id])
    expect(await verify(key)).toMatchObject({ code: 1, reason: 'wrong-secret', key: null })
  })

  test('of the extra plain map too', async () => {
    const plain = join(folder, 'plain.json')
    await writeFile(plain, '{"my-old-key":{"user":"bob","service":"chat","created_at":""}}')
    const run = await keys(['verify', '--json'], 'my-old-key', { API_KEYS_FILE: plain })
    expect(JSON.parse(run.out)).toMatchObject({
      valid: true,
      key: { user: 'bob', services: ['ollama'] },
    })
  })

  test('a key on the command line is explained, with a warning, and never repeated', async () => {
    const { key } = await addKey()
    for (const args of [[key], ['Bearer', key], [`Bearer ${key}`]]) {
      const { code, out, err } = await keys(['validate', ...args])
      expect([code, err]).toEqual([0, expect.stringContaining('history of the shell')])
      expect(out + err).not.toContain(key.slice(14, 30))
    }
  })

  test('nothing on stdin, or a key in a wrong place, is a usage error that does not repeat it', async () => {
    const { key } = await addKey()
    expect(await keys(['verify'])).toMatchObject({ code: 64 })
    for (const args of [[key], ['add', `--${key}`], ['verify', '--key', key]]) {
      const { code, out, err } = await keys(args)
      expect(code).toBe(64)
      expect(out + err).not.toContain(key.slice(14, 30))
    }
  })
})

test('rotate with an overlap keeps both secrets for that time', async () => {
  const { id, key } = await addKey()
  const { out } = await keys(['rotate', id, '--overlap', '24h', '--json'])
  const rotated = JSON.parse(out) as { id: string; key: string; oldWorksUntil: string }
  expect(rotated).toMatchObject({ id, oldWorksUntil: expect.stringMatching(/Z$/) })
  for (const each of [key, rotated.key]) expect((await keys(['verify'], each)).code).toBe(0)
  expect((await keys(['list'])).out).toContain('rotating')
  expect((await keys(['rotate', id, '--overlap', 'long'])).code).toBe(64)
})

test.each(['show', 'rotate', 'disable', 'enable', 'remove'])(
  '%s of an unknown id is exit 1, of none 64',
  async (name) => {
    await addKey()
    const unknown = await keys([name, 'nobody0000', '--json'])
    expect(unknown.code).toBe(1)
    expect(JSON.parse(unknown.out)).toMatchObject({ error: { code: 'unknown_key' } })
    expect((await keys([name])).code).toBe(64)
  },
)

describe('import', () => {
  const random = '8f14e45fceea167a5a36dedd4bea2543'

  test('hashes, refuses what people chose, and says so by its exit code', async () => {
    const plain = join(folder, 'plain.json')
    const entry = { user: 'bob', service: 'chat', created_at: '2025-01-01T00:00:00' }
    await writeFile(plain, JSON.stringify({ [random]: entry, 'bobs-key': entry }, null, 2))
    const { code, out, err } = await keys(['import', plain])
    expect(code).toBe(1)
    expect(out).toContain('Imported 1, refused 1, already there 0.')
    expect(out).toContain(`${plain}:7: refused the key of user "bob", service "chat"`)
    expect(out + err).not.toMatch(/8f14e45f|bobs-key/)
    expect((await keys(['verify'], random)).code).toBe(0)
    expect((await keys(['verify'], 'bobs-key')).code).toBe(1)
  })

  test('a broken or missing file is exit 78 with its place, and nothing is written', async () => {
    const plain = join(folder, 'plain.json')
    await writeFile(plain, '{\n"secret-one": {"user": 1}}')
    const { code, err } = await keys(['import', plain])
    expect(code).toBe(78)
    expect(err).toContain(`${plain}:2:`)
    expect(err).not.toContain('secret-one')
    expect((await keys(['import', join(folder, 'none')])).code).toBe(78)
    expect((await readdir(folder)).sort()).toEqual(['gatekeeper.yaml', 'plain.json'])
  })
})

describe('exit codes', () => {
  test('78: a broken key file is shown with line and column, and left alone', async () => {
    await addKey()
    await writeFile(keyFile(), '{"version":1,\n"keys":{}')
    for (const args of [addAda, ['list', '--json'], ['disable', 'nobody0000', '--json']]) {
      const { code, err, out } = await keys(args)
      expect(code).toBe(78)
      expect(err).toContain(`${keyFile()}:2:10`)
      expect(JSON.parse(out)).toMatchObject({ error: { code: 'config' } })
    }
    expect(await readFile(keyFile(), 'utf8')).toBe('{"version":1,\n"keys":{}')
  })

  test('78: a setting that is misspelt, so that no key goes into the wrong folder', async () => {
    const { code, err } = await keys(addAda, '', { GATEKEEPER_KEY_DIR: '/somewhere' })
    expect(code).toBe(78)
    expect(err).toContain('GATEKEEPER_KEYS_DIR')
  })

  test('a broken gatekeeper.yaml stops add, and never disable', async () => {
    const { id, key } = await addKey()
    await writeFile(join(folder, 'gatekeeper.yaml'), 'version: [')
    expect((await keys(addAda)).code).toBe(78)
    expect((await keys(['disable', id])).code).toBe(0)
    expect((await keys(['verify'], key)).code).toBe(1)
  })

  test('75: the lock is held', async () => {
    const { id } = await addKey()
    await writeFile(`${keyFile()}.lock`, '1 other\n')
    const { code, err } = await keys(['disable', id])
    expect(code).toBe(75)
    expect(err).toContain('.lock')
  })

  test('73: the folder cannot be written', async () => {
    await writeFile(join(folder, 'file'), '')
    const { code, err } = await keys(addAda, '', {
      GATEKEEPER_KEYS_DIR: join(folder, 'file', 'keys'),
    })
    expect(code).toBe(73)
    expect(err).toContain('ENOTDIR')
  })

  test('64: no such command, and none at all', async () => {
    expect((await keys(['frobnicate'])).code).toBe(64)
    expect((await keys([])).code).toBe(64)
  })

  test('0: help, for all and for each command, tells the exit codes', async () => {
    const all = await keys(['--help'])
    expect(all.code).toBe(0)
    const names = [
      'add',
      'list',
      'show',
      'rotate',
      'disable',
      'enable',
      'remove',
      'import',
      'verify',
    ]
    const helps = await Promise.all(names.map((name) => keys([name, '--help'])))
    for (const [at, { code, out }] of helps.entries()) {
      expect(all.out).toContain(`\n  ${names[at]}`)
      expect(code).toBe(0)
      for (const number of [64, 73, 75, 78]) expect(out).toContain(`${number}`)
    }
  })
})
