import { chmod, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ProblemsError } from '../lib/problem.ts'
import { createApiKey, hashKey } from './api-key.ts'
import { type KeyStore, loadKeyStore } from './key-store.ts'
import { describeUnreadable } from './unreadable.ts'

let folder: string
let keysFile: string
let plainFile: string
let store: KeyStore | undefined
let lines: string[]
let now: number

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'key-store-'))
  keysFile = join(folder, 'keys.json')
  plainFile = join(folder, 'plain.json')
  lines = []
  now = Date.UTC(2026, 10, 22)
})

afterEach(async () => {
  store?.close()
  await rm(folder, { recursive: true, force: true })
})

const first = createApiKey()
const second = createApiKey()
type Made = typeof first

const entry = ({ key }: Made, changes = {}) => ({
  user: 'ada',
  role: 'readwrite',
  services: ['ollama'],
  secrets: [{ sha256: hashKey(key), createdAt: null, expiresAt: null }],
  ...changes,
})
const fileOf = (made: readonly Made[], changes = {}) =>
  JSON.stringify({
    version: 1,
    keys: Object.fromEntries(made.map((one) => [one.id, entry(one, changes)])),
  })
const plainOf = (...keys: string[]) =>
  JSON.stringify(Object.fromEntries(keys.map((key) => [key, { user: 'ada', service: 'tts' }])))

async function load(...files: string[]): Promise<KeyStore> {
  const write = (level: string) => (fields: object, message: string) => {
    lines.push(`${level} ${message} ${JSON.stringify(fields)}`)
  }
  store = await loadKeyStore({
    files: files.length === 0 ? [keysFile] : files,
    known: { serviceNameOf: (name) => name },
    clock: () => now,
    log: { info: write('info'), warn: write('warn'), error: write('error') },
  })
  return store
}

async function replace(path: string, text: string): Promise<void> {
  await writeFile(`${path}.new`, text)
  await rename(`${path}.new`, path)
}

const opens = ({ key }: Made) => typeof store?.authenticate(key) === 'object'
const problemsOf = (error: unknown) => (error instanceof ProblemsError ? error.problems : [])

describe('at the start', () => {
  test('the keys of both files are in force', async () => {
    await writeFile(keysFile, fileOf([first]))
    await writeFile(plainFile, plainOf('my-old-key'))
    const { authenticate, holdsPlain, state } = await load(keysFile, plainFile)
    expect(opens(first)).toBe(true)
    expect(authenticate('my-old-key')).toMatchObject({ id: 'key:plain-ada-tts' })
    expect(holdsPlain('my-old-key')).toBe(true)
    expect(state()).toMatchObject({ degraded: [], keys: 2, loadedAt: now })
  })

  test('without a file every key is refused, and a warning says what to do', async () => {
    await load()
    expect(store?.authenticate(first.key)).toBe('unknown-key')
    expect(store?.state()).toMatchObject({ degraded: [], keys: 0 })
    expect(lines).toEqual([expect.stringMatching(/^warn .*npm run keys/)])
  })

  test('a broken file stops it, and every problem of every file is listed', async () => {
    await writeFile(keysFile, '{"version": 1,')
    await writeFile(plainFile, '{"secretkey": {}}')
    const error = await load(keysFile, plainFile).catch((thrown: unknown) => thrown)
    expect(problemsOf(error)).toMatchObject([
      { source: keysFile, line: 1, column: 15 },
      { source: plainFile, line: 1 },
    ])
    expect(String(error)).not.toContain('secretkey')
  })

  test('a folder in the place of the file stops it, and the message names the usual cause', async () => {
    await mkdir(keysFile)
    const error = await load().catch((thrown: unknown) => thrown)
    expect(problemsOf(error)).toMatchObject(
      [{ what: 'is a folder', remedy: /Docker/ }].map(({ what }) => ({ what })),
    )
  })

  test('the message for a file of another user names the uid and the fix', async () => {
    expect(describeUnreadable(keysFile, 'EACCES', 1000)).toMatchObject({
      what: expect.stringContaining('uid 1000'),
      remedy: expect.stringContaining('chown 1000'),
    })
  })

  test.skipIf(process.getuid?.() === 0)(
    'a file without permission stops it (root may read everything, so not as root)',
    async () => {
      await writeFile(keysFile, fileOf([first]))
      await chmod(keysFile, 0)
      const error = await load().catch((thrown: unknown) => thrown)
      expect(problemsOf(error)).toHaveLength(1)
    },
  )

  test('one id in both files is a problem', async () => {
    await writeFile(keysFile, fileOf([first]))
    await writeFile(plainFile, fileOf([{ ...first, key: second.key }]))
    const error = await load(keysFile, plainFile).catch((thrown: unknown) => thrown)
    expect(problemsOf(error)).toMatchObject([
      { source: plainFile, what: expect.stringContaining(first.id) },
    ])
  })

  test('an imported plain key has the state of keys.json: disabled there is disabled', async () => {
    const imported = entry({ id: '', key: 'my-old-key' }, { disabled: true })
    await writeFile(keysFile, JSON.stringify({ version: 1, keys: { 'plain-ada-tts': imported } }))
    await writeFile(plainFile, plainOf('my-old-key'))
    const { authenticate, state } = await load(keysFile, plainFile)
    expect(authenticate('my-old-key')).toBe('disabled-key')
    expect(state().keys).toBe(1)
    expect(lines.join('\n')).toContain('repeats 1 keys')
  })
})

describe('K4: without a restart', () => {
  test('a new key works, and a removed, disabled or expired one cannot be used after reload', async () => {
    await writeFile(keysFile, fileOf([first]))
    const { reload, authenticate } = await load()
    await replace(keysFile, fileOf([first, second]))
    await reload()
    expect([opens(first), opens(second)]).toEqual([true, true])
    await replace(keysFile, fileOf([second]))
    await reload()
    expect(authenticate(first.key)).toBe('unknown-key')
    await replace(keysFile, fileOf([second], { disabled: true }))
    await reload()
    expect(authenticate(second.key)).toBe('disabled-key')
  })

  test('expiry is checked at each request, not at a reload', async () => {
    const expiresAt = new Date(now + 1000).toISOString()
    await writeFile(keysFile, fileOf([first], { expiresAt }))
    const { authenticate } = await load()
    expect(opens(first)).toBe(true)
    now += 1000
    expect(authenticate(first.key)).toBe('expired-key')
  })

  test('a change is seen within two seconds without a request', async () => {
    await load()
    const startAt = performance.now()
    await replace(keysFile, fileOf([first]))
    await expect.poll(() => opens(first), { timeout: 2000, interval: 5 }).toBe(true)
    expect(performance.now() - startAt).toBeLessThan(2000)
  })

  test('a file that is removed leaves no key in force', async () => {
    await writeFile(keysFile, fileOf([first]))
    const { reload, state } = await load()
    await rm(keysFile)
    await reload()
    expect(opens(first)).toBe(false)
    expect(state()).toMatchObject({ degraded: [], keys: 0 })
  })
})

describe('K5: a file that becomes invalid later', () => {
  test.each([
    ['half written', fileOf([first]).slice(0, 40)],
    ['empty', ''],
    ['of a newer version', fileOf([first]).replace('"version":1', '"version":2')],
    ['with too many tags', fileOf([first], { tags: Array.from({ length: 51 }, () => 'tag') })],
    ['with an unknown member', fileOf([first], { extra: 1 })],
    ['with a limit that nobody enforces', fileOf([first], { limits: [1] })],
    ['not in UTF-8', Buffer.from([0xff, 0xfe])],
  ])('%s: the last good set stays in force, and the state reports it', async (_, text) => {
    await writeFile(keysFile, fileOf([first]))
    const { reload, state } = await load()
    await writeFile(keysFile, text)
    now += 5000
    await reload()
    expect(opens(first)).toBe(true)
    expect(state()).toMatchObject({ keys: 1, degraded: [{ source: keysFile }] })
    expect(lines.join('\n')).toContain('error keys not reloaded')
    await replace(keysFile, fileOf([second]))
    await reload()
    expect([opens(first), opens(second)]).toEqual([false, true])
    expect(state().degraded).toEqual([])
  })

  test('a key that is removed from the other file still stops working', async () => {
    await writeFile(keysFile, fileOf([first]))
    await writeFile(plainFile, plainOf('my-old-key', 'my-other-key'))
    const { reload, authenticate } = await load(keysFile, plainFile)
    await writeFile(keysFile, '{')
    await writeFile(plainFile, plainOf('my-other-key'))
    await reload()
    expect(opens(first)).toBe(true)
    expect(authenticate('my-old-key')).toBe('unknown-key')
    expect(authenticate('my-other-key')).toMatchObject({ kind: 'key' })
  })
})

test('a key file replaced 200 times: every answer is by the old or the new file', async () => {
  await writeFile(keysFile, fileOf([first]))
  const { authenticate, state } = await load()
  const allowed = new Set<unknown>(['unknown-key', 'object'])
  const kind = ({ key }: Made) => {
    const result = authenticate(key)
    return typeof result === 'string' ? result : 'object'
  }
  for (let at = 0; at < 200; at++) {
    await replace(keysFile, fileOf([at % 2 === 0 ? second : first]))
    const answers = [kind(first), kind(second)]
    expect(answers.every((answer) => allowed.has(answer))).toBe(true)
    // One snapshot: exactly one of the two keys is in every version of the file.
    expect(answers.filter((answer) => answer === 'object')).toHaveLength(1)
    expect(state().degraded).toEqual([])
  }
  await expect.poll(() => opens(first), { timeout: 2000, interval: 5 }).toBe(true)
})

test('no key is ever in a log line', async () => {
  await writeFile(plainFile, plainOf('my-old-key', first.key, 'aa.bb.cc'))
  const { reload, authenticate } = await load(keysFile, plainFile)
  for (const key of [first.key, 'my-old-key', 'aa.bb.cc']) authenticate(key)
  for (const text of [`{"${first.key}": 1}`, '{"my-old-key"', plainOf('', 'my-old-key')]) {
    await writeFile(plainFile, text)
    await reload()
  }
  const said = lines.join('\n')
  expect(lines.length).toBeGreaterThan(5)
  for (const key of [first.key, 'my-old-key', 'aa.bb.cc']) expect(said).not.toContain(key)
})
