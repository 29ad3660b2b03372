import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { startChild } from '../gatekeeper/test/support/child.ts'

const script = resolve(import.meta.dirname, 'rules.ts')
const folders: string[] = []

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

function makeFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'gk rules '))
  folders.push(folder)
  mkdirSync(join(folder, 'keys'))
  writeFileSync(join(folder, 'gatekeeper.yaml'), 'version: 1\nservices: {}\n')
  return folder
}

async function run(folder: string, ...words: string[]) {
  const child = startChild(process.execPath, [script, ...words], {
    PATH: process.env['PATH'],
    GATEKEEPER_STATE_DIR: folder,
    GATEKEEPER_KEYS_DIR: join(folder, 'keys'),
    GATEKEEPER_CONFIG: join(folder, 'gatekeeper.yaml'),
  })
  const code = await new Promise((ended) => child.process.once('close', ended))
  return { code, said: child.output() }
}

const fileOf = (folder: string) => join(folder, 'keys/rules.json')

describe('npm run rules', () => {
  it('adds, lists and removes a rule, and records both in the audit', async () => {
    const folder = makeFolder()
    const add = ['add', '--deny', '203.0.113.9/24', '--app', 'shop', '--reason', 'scans']
    const added = await run(folder, ...add, '--json')
    const rule = JSON.parse(added.said)
    expect(rule).toMatchObject({ ip: '203.0.113.0/24', type: 'deny', app: 'shop', active: true })
    const listed = await run(folder, 'list')
    expect(listed.said).toMatch(new RegExp(`${rule.id}.*203\\.0\\.113\\.0/24.*app shop.*scans`))
    expect((await run(folder, 'remove', rule.id)).code).toBe(0)
    expect(JSON.parse(readFileSync(fileOf(folder), 'utf8')).rules).toEqual({})
    const names = globSync('audit/acts*', { cwd: folder })
    const acts = names.map((name) => readFileSync(join(folder, name), 'utf8')).join('')
    expect(acts).toMatch(/address_rule\.added[\s\S]*address_rule\.removed/)
  })

  it('says when programs on this machine are refused, too', async () => {
    const { code, said } = await run(makeFolder(), 'add', '--allow', '10.0.0.0/8', '--reason', 'x')
    expect(code).toBe(0)
    expect(said).toContain('callers on this machine are refused')
  })

  it.each([
    { words: ['add', '--reason', 'x'], message: 'give one of --deny and --allow' },
    {
      words: ['add', '--deny', '10.0.0.1', '--allow', '10.0.0.1', '--reason', 'x'],
      message: 'give one of --deny and --allow',
    },
    { words: ['add', '--deny', '10.0.0.1/40', '--reason', 'x'], message: 'is not a network' },
    { words: ['add', '--deny', '10.0.0.1'], message: '--reason is missing' },
    { words: ['add', '--deny', '10.0.0.1', '--app', 'a:b', '--reason', 'x'], message: '--app' },
    { words: ['remove'], message: 'name one ID' },
  ])('$words: $message', async ({ words, message }) => {
    const folder = makeFolder()
    const { code, said } = await run(folder, ...words)
    expect([code, said]).toEqual([64, expect.stringContaining(message)])
    expect(() => readFileSync(fileOf(folder))).toThrow()
  })

  it('an unknown rule is exit code 1, a broken file 78', async () => {
    const folder = makeFolder()
    expect((await run(folder, 'remove', 'nothing')).code).toBe(1)
    writeFileSync(fileOf(folder), '{')
    expect((await run(folder, 'list')).code).toBe(78)
    expect((await run(folder, 'add', '--deny', '10.0.0.1', '--reason', 'x')).code).toBe(78)
  })
})
