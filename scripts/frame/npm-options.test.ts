import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parseWords, wantsJson } from './parse-words.ts'
import { UsageError } from './words.ts'

const options = {
  json: { type: 'boolean' },
  user: { type: 'string', short: 'u' },
  service: { type: 'string', multiple: true },
  limit: { type: 'string', multiple: true },
  'no-limits': { type: 'boolean' },
} as const

/** What npm 10 and 11 give a script whose options have no `--` before them. */
const env = (taken: Record<string, string>) => ({
  npm_lifecycle_event: 'keys',
  npm_config_user_agent: 'npm/11',
  npm_config_userconfig: '/home/eve/.npmrc',
  npm_config_local_prefix: '/clone',
  ...taken,
})
const source = (taken: Record<string, string>, rc = '') => ({
  env: env(taken),
  readFile: (path: string) => (path === '/home/eve/.npmrc' ? rc : null),
})
const read = (args: string[], npm: ReturnType<typeof source>) =>
  parseWords(args, options, { before: ['add'], npm })

describe('options that npm took', () => {
  test('are named with the line to type, and nothing is done by them', () => {
    const npm = source({ npm_config_user: 'true', npm_config_service: 'true' })
    const line = 'npm run keys -- add --user eve --service ollama'
    expect(() => read(['eve', 'ollama'], npm)).toThrow(UsageError)
    expect(() => read(['eve', 'ollama'], npm)).toThrow(line)
  })

  test('keep the values that npm tells, several of one option too', () => {
    const npm = source({ npm_config_limit: '60/min\n\ntrue', npm_config_limits: '' })
    const line = 'npm run keys -- add ID --limit 60/min --limit 5/day --no-limits'
    expect(() => read(['ID', '5/day'], npm)).toThrow(line)
  })

  test('are found by their short names', () => {
    expect(() => read(['eve'], source({ npm_config_u: 'true' }))).toThrow('add --user eve')
  })

  test('are found where npm takes them for the beginning of an option of its own', () => {
    const by = { by: { type: 'string' } } as const
    const npm = source({ npm_config_bypass_2fa: 'true' })
    expect(() => parseWords(['user'], by, { npm })).toThrow('npm run keys -- --by user')
  })

  test('--json alone is taken: it changes nothing but the form of the answer', () => {
    const npm = source({ npm_config_json: 'true' })
    expect(read([], npm).values).toMatchObject({ json: true })
    expect(wantsJson([], npm)).toBe(true)
  })

  test.each([
    [
      'a .npmrc of the user',
      source({ npm_config_user: 'root', npm_config_json: 'true' }, 'user=root\njson = true\n'),
    ],
    ['a variable in capitals', source({ npm_config_user: 'root', NPM_CONFIG_USER: 'root' })],
  ])('what comes from %s is never an option of ours', (_, npm) => {
    expect(read([], npm).values).toEqual({})
  })

  test('with the two hyphens nothing of npm is looked at', () => {
    const npm = source({ npm_config_service: 'true', npm_config_json: 'true' })
    expect(read(['--user', 'eve'], npm).values).toEqual({ user: 'eve' })
  })

  test('a key among the words is not repeated in the line', () => {
    const key = `gk_${'a'.repeat(10)}_${'b'.repeat(49)}`
    const hidden = expect.objectContaining({ message: expect.not.stringContaining('bbb') })
    expect(() => read([key], source({ npm_config_user: 'true' }))).toThrow(hidden)
  })
})

test('with the real npm, `npm run keys add --user eve` says the line to type, or npm refuses it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'npm-took-'))
  const program = resolve(import.meta.dirname, '../keys.ts')
  const scripts = { keys: `"${process.execPath}" "${program}"` }
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'x', scripts }))
  const words = ['run', 'keys', 'add', '--user', 'eve', '--service', 'ollama']
  const own = Object.entries(process.env).filter(([name]) => !/^(npm|GATEKEEPER)_/i.test(name))
  const { code, said } = await new Promise<{ code: unknown; said: string }>((done) => {
    const given = { cwd: folder, env: Object.fromEntries(own), shell: process.platform === 'win32' }
    execFile('npm', words, given, (error, out, err) => done({ code: error?.code, said: out + err }))
  })
  rmSync(folder, { recursive: true })
  expect(code).not.toBe(0)
  expect(said).toMatch(/npm run keys -- add --user eve --service ollama|EUNKNOWNCONFIG/)
}, 60_000)
