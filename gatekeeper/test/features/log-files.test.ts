/** GATEKEEPER_LOG_LEVEL and GATEKEEPER_LOG_DIR, with the gatekeeper as a process. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { waitUntil } from '../support/child.ts'
import { keyFileText, makeKey } from '../support/keys.ts'
import { startGatekeeper } from '../support/stack.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gk log '))
  mkdirSync(join(folder, 'keys'))
  writeFileSync(join(folder, 'gatekeeper.yaml'), 'version: 1\nservices: {}\n')
  writeFileSync(join(folder, 'keys/keys.json'), keyFileText([makeKey({ services: ['nobody'] })]))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const envOf = (env: Record<string, string>) => ({
  PATH: process.env['PATH'],
  GATEKEEPER_STATE_DIR: join(folder, 'state'),
  GATEKEEPER_KEYS_DIR: join(folder, 'keys'),
  GATEKEEPER_CONFIG: join(folder, 'gatekeeper.yaml'),
  ...env,
})
const isUp = () => existsSync(join(folder, 'state/run/control/explain.sock'))

async function run(env: Record<string, string>, isReady = isUp) {
  const child = startGatekeeper(envOf(env))
  await waitUntil(isReady, { limitMs: 30_000, child, describe: child.output })
  await child.stop()
  return child.output()
}

it('with a folder, lines are in files of the day, mode 0600, and no longer on stdout', async () => {
  const logs = join(folder, 'logs')
  const read = () =>
    existsSync(logs) ? readdirSync(logs).map((name) => readFileSync(join(logs, name), 'utf8')) : []
  // A signal before that line would end the process at once.
  const isReady = () => read().some((text) => text.includes('gatekeeper ready'))
  const said = await run({ GATEKEEPER_LOG_DIR: logs }, isReady)
  expect(said).not.toContain('gatekeeper ready')
  const names = readdirSync(logs).sort()
  expect(names).toEqual([
    expect.stringMatching(/^error-\d{4}-\d\d-\d\d\.log$/),
    expect.stringMatching(/^gatekeeper-\d{4}-\d\d-\d\d\.log$/),
  ])
  const text = readFileSync(join(logs, names[1] as string), 'utf8')
  expect(text).toMatch(/gatekeeper ready[\s\S]*stopped/)
  for (const name of names) expect(statSync(join(logs, name)).mode & 0o777).toBe(0o600)
})

it('with the level warn there are no lines of the level info', async () => {
  const said = await run({ GATEKEEPER_LOG_LEVEL: 'warn' })
  expect(said).toContain('nobody')
  expect(said).not.toMatch(/"level":"info"|gatekeeper ready/)
})

it.each([
  ['GATEKEEPER_LOG_LEVEL', 'verbose', 'GATEKEEPER_LOG_LEVEL is "verbose"'],
  ['GATEKEEPER_LOG_DIR', '/dev/null/logs', 'GATEKEEPER_LOG_DIR cannot be written'],
])('%s=%s stops the start', async (name, value, message) => {
  const child = startGatekeeper(envOf({ [name]: value }))
  const code = await new Promise((ended) => child.process.once('close', ended))
  expect([code, child.output().replaceAll(/\s+/g, ' ').replace(': ', ' ')]).toEqual([
    78,
    expect.stringMatching(new RegExp(message.replace(' ', ':? '))),
  ])
})
