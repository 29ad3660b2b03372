/**
 * Two processes and the command line write one key file 1,000 times at once, and an editor that
 * knows no lock saves it in between. It takes about a minute; on a busy
 * machine it may take five.
 */
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runKeys } from '../../../scripts/test/run-keys.ts'
import { type Child, startChild, waitUntil } from '../support/child.ts'

const program = resolve(import.meta.dirname, 'programs/write-keys.ts')
const each = 495
const byCommand = 10
type Keys = { readonly keys: Record<string, { readonly user: string }> }

let folder: string
let file: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gk-writers-'))
  file = join(folder, 'keys/keys.json')
  const gateway = 'version: 1\nservices:\n  ollama: {kind: ollama, routes: [{prefix: /api}]}\n'
  writeFileSync(join(folder, 'gatekeeper.yaml'), gateway)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const readKeys = () => JSON.parse(readFileSync(file, 'utf8')) as Keys
const countOf = (user: string) =>
  Object.values(readKeys().keys).filter((entry) => entry.user === user).length

/** Reads and saves the file as an editor does: at once, without the lock. */
function editKeys(edit: (document: Keys) => void): void {
  const document = readKeys()
  edit(document)
  writeFileSync(`${file}.edit`, JSON.stringify(document))
  renameSync(`${file}.edit`, file)
}

test('nothing is lost and no half file is seen; an editor’s save is kept', {
  timeout: 300_000,
}, async () => {
  const start = (user: string) => startChild(process.execPath, [program, file, user, `${each}`], {})
  const writers: Child[] = [start('one'), start('two')]
  const isDone = () => writers.every(({ process }) => process.exitCode !== null)
  let reads = 0
  const reader = (async () => {
    while (!isDone()) {
      // Each text is a whole document.
      if (existsSync(file) && Object.keys(readKeys().keys).length > 0) reads++
      await sleep(1)
    }
  })()
  for (let number = 0, tries = 0; number < byCommand; tries++) {
    expect(tries).toBeLessThan(100)
    const words = ['add', '--user', 'command', '--service', 'ollama', '--json']
    const { code, err } = await runKeys(folder, words)
    // 75: others held the lock for three seconds.
    expect([0, 75], err).toContain(code)
    if (code === 0) number++
  }
  await reader
  await waitUntil(isDone, { limitMs: 60_000, describe: () => writers[0]?.output() ?? '' })
  expect(writers.map(({ process }) => process.exitCode)).toEqual([0, 0])
  expect(reads).toBeGreaterThan(100)
  expect(['one', 'two', 'command'].map(countOf)).toEqual([each, each, byCommand])
  const versions = join(folder, 'keys/.versions')
  expect(readdirSync(versions)).toHaveLength(10)
  for (const name of readdirSync(versions)) JSON.parse(readFileSync(join(versions, name), 'utf8'))
})

test('an editor’s save in between stays in the file or among its last versions', {
  timeout: 120_000,
}, async () => {
  const [entry] = Object.values(readKeys().keys)
  for (let number = 0; number < 20; number++) {
    const id = `edited${String(number).padStart(4, '0')}`
    const writer = startChild(process.execPath, [program, file, 'three', '4'], {})
    await sleep(150 + number * 10)
    editKeys(({ keys }) => Object.assign(keys, { [id]: entry }))
    await waitUntil(() => writer.process.exitCode !== null, {
      ...{ limitMs: 30_000, describe: () => writer.output() },
    })
    const versions = join(folder, 'keys/.versions')
    const kept = readdirSync(versions).map((name) => readFileSync(join(versions, name), 'utf8'))
    expect([readFileSync(file, 'utf8'), ...kept].some((text) => text.includes(id))).toBe(true)
  }
})
