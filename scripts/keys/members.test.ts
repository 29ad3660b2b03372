import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { runKeys } from '../test/run-keys.ts'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'keys-edit-'))
  const lines = [
    'version: 1',
    'services:',
    '  ollama: {kind: ollama, aliases: [chat], routes: [{prefix: /api}]}',
    '  tts: {kind: http, origins: [https://a.b], routes: [{prefix: /tts, strip: true}]}',
  ]
  await writeFile(join(folder, 'gatekeeper.yaml'), lines.join('\n'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const keys = (...args: string[]) => runKeys(folder, args)

async function add(...args: string[]): Promise<{ id: string; key: string }> {
  const { out, code, err } = await keys('add', ...args, '--json')
  expect([code, err]).toEqual([0, ''])
  return JSON.parse(out) as { id: string; key: string }
}

describe('a key', () => {
  test('K7: is made by the names that people know', async () => {
    const { id } = await add('-u', 'ada', '-s', 'chat', '-d', 'the laptop', '-e', '30')
    const shown = JSON.parse((await keys('show', id, '--json')).out)
    expect(shown).toMatchObject({ user: 'ada', services: ['ollama'], description: 'the laptop' })
    const days = (Date.parse(shown.expiresAt) - Date.now()) / 86_400_000
    expect(days).toBeGreaterThan(29.9)
    expect(days).toBeLessThan(30.1)
  })

  test('for administration needs the role admin, and names the service itself', async () => {
    const { id } = await add('-u', 'ada', '-s', 'control', '--role', 'admin')
    const shown = JSON.parse((await keys('show', id, '--json')).out)
    expect(shown).toMatchObject({ role: 'admin', services: ['control'], unknownServices: [] })
    const { code, err } = await keys('add', '-u', 'ada', '-s', 'control')
    expect([code, err]).toEqual([64, expect.stringContaining('add --role admin')])
  })

  test('of before that has `*` administers nothing, and has no service at all', async () => {
    const { id } = await add('-u', 'ada', '-s', 'ollama', '--role', 'admin')
    const file = join(folder, 'keys', 'keys.json')
    const text = await readFile(file, 'utf8')
    await writeFile(file, text.replace('"ollama"', '"*"'))
    const shown = JSON.parse((await keys('show', id, '--json')).out)
    expect(shown).toMatchObject({ services: [], unknownServices: ['*'] })
  })

  test('can be changed in everything that add sets, and its secret goes on working', async () => {
    const { id, key } = await add('-u', 'ada', '-s', 'ollama', '-e', '1')
    const change = [
      ...['--user', 'eve', '--service', 'tts', '--role', 'readonly', '--expires', 'never'],
      ...[
        '--address',
        '10.0.0.0/8',
        '--origin',
        'https://a.b',
        '--model',
        'm:*',
        '--limit',
        '60/min',
      ],
      ...[
        '--cap',
        'outputTokens=100',
        '--description',
        'phone',
        '--tag',
        'env=prod',
        '--weight',
        '3',
      ],
      ...['--tag', 'owner=ada', '--cloud-models', '--concurrent', '2'],
    ]
    const { out, code } = await keys('edit', id, ...change, '--json')
    expect(code).toBe(0)
    expect(JSON.parse(out)).toMatchObject({
      ...{ user: 'eve', services: ['tts'], role: 'readonly', expiresAt: null, weight: 3 },
      ...{ addresses: ['10.0.0.0/8'], origins: ['https://a.b'], models: ['m:*'] },
      ...{ limits: ['60/min', '2-concurrent'], caps: { outputTokens: 100 }, cloudModels: true },
      ...{ description: 'phone', tags: ['env=prod', 'owner=ada'] },
    })
    const acts = await readFile(join(folder, 'state/audit/acts.000001.jsonl'), 'utf8').catch(
      () => '',
    )
    if (acts !== '') expect(acts).toContain('"key.edited"')
    const taken = await keys(
      ...['edit', id, '--no-limits', '--any-model', '--any-address', '--any-origin', '--no-caps'],
      ...['--no-tags', '--no-description', '--no-cloud-models', '--json'],
    )
    expect(JSON.parse(taken.out)).toMatchObject({
      ...{ limits: [], models: [], addresses: [], origins: [], tags: [], description: null },
      ...{ cloudModels: false, caps: { outputTokens: null } },
    })
    expect(await runKeys(folder, ['verify'], { input: key })).toMatchObject({ code: 0 })
  })

  test.each([
    [['edit', 'ID'], 'there is nothing to change'],
    [['edit', 'ID', '--limit', '60/min', '--no-limits'], 'exclude each other'],
    [['edit', 'ID', '--origin', 'https://a.b'], 'ollama allows no origin'],
    [['edit', 'ID', '--service', 'olama'], '(did you mean ollama?)'],
    [['edit', 'ID', '--role', 'readwrit'], '(did you mean readwrite?)'],
    [
      ['edit', 'ID', '--address', '192.168.1'],
      '"192.168.1" is not an address or network; write 192.168.1.20 or 192.168.1.0/24',
    ],
    [['edit', 'ID', '--expires', 'soon'], '--expires must be a duration such as 30d'],
    [['edit', 'ID', '--cap', 'outputToken=5'], '(did you mean outputTokens?)'],
    [['edit', 'ID', '--tag', 'a b'], 'write NAME or NAME=VALUE'],
    [['edit', 'ID', '--origin', 'https://a.b/x'], 'https://a.b'],
    [['edit', 'ID', '--limit', 'many'], 'limits look like'],
  ])('%j is refused with the form that is allowed, and nothing changes', async (args, said) => {
    const { id } = await add('-u', 'ada', '-s', 'ollama')
    const before = await readFile(join(folder, 'keys/keys.json'), 'utf8')
    const { code, err } = await keys(...args.map((word) => (word === 'ID' ? id : word)))
    expect([code, err]).toEqual([64, expect.stringContaining(said)])
    expect(await readFile(join(folder, 'keys/keys.json'), 'utf8')).toBe(before)
  })

  test('more tags than a key can have are refused', async () => {
    const tags = Array.from({ length: 51 }, (_, at) => `tag${at}`).join(',')
    const { code, err } = await keys('add', '-u', 'ada', '-s', 'ollama', '--tag', tags)
    expect([code, err]).toEqual([64, expect.stringContaining('at most 50 tags, not 51')])
  })

  test('an origin that no service of the key allows is refused with the cure', async () => {
    const none = await keys('add', '-u', 'ada', '-s', 'ollama', '--origin', 'https://a.b')
    expect([none.code, none.err]).toEqual([64, expect.stringContaining('origins: [https://a.b]')])
    const other = await keys('add', '-u', 'ada', '-s', 'tts', '--origin', 'https://c.d')
    expect([other.code, other.err]).toEqual([64, expect.stringContaining('only https://a.b')])
  })
})

describe('list', () => {
  test('shows keys by tag, by user, and those that nobody used', async () => {
    await add('-u', 'ada', '-s', 'ollama', '--tag', 'env=prod')
    await add('-u', 'eve', '-s', 'ollama', '--tag', 'env=test')
    const users = async (...args: string[]) => {
      const { out } = await keys('list', ...args, '--json')
      return (JSON.parse(out) as { user: string }[]).map(({ user }) => user)
    }
    expect(await users('--tag', 'env=prod')).toEqual(['ada'])
    expect(await users('--tag', 'env')).toEqual(['ada', 'eve'])
    expect(await users('--user', 'eve')).toEqual(['eve'])
    // Keys that were just made may well be unused.
    expect(await users('--unused', '90d')).toEqual([])
    const file = join(folder, 'keys/keys.json')
    const document = JSON.parse(await readFile(file, 'utf8'))
    for (const entry of Object.values<{ createdAt: string }>(document.keys)) {
      entry.createdAt = '2020-01-01T00:00:00Z'
    }
    await writeFile(file, JSON.stringify(document))
    expect(await users('--unused', '90d', '--all')).toEqual(['ada', 'eve'])
    expect(await keys('list', '--unused', 'long')).toMatchObject({ code: 64 })
  })

  test('shows the name of a service that does not exist', async () => {
    const { id } = await add('-u', 'ada', '-s', 'ollama')
    const file = join(folder, 'keys/keys.json')
    await writeFile(file, (await readFile(file, 'utf8')).replace('"ollama"', '"olama"'))
    expect((await keys('list')).out).toContain('olama (unknown)')
    expect(JSON.parse((await keys('show', id, '--json')).out).unknownServices).toEqual(['olama'])
  })
})
