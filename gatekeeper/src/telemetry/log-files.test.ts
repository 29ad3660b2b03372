import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createLog } from './log.ts'
import { type LogFileRules, openLogFiles } from './log-files.ts'

// Each opening listens for the end of the process.
process.setMaxListeners(50)

let folder: string
let now: number

beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'gk-logs-')), 'logs')
  now = Date.UTC(2026, 10, 30, 12)
})
afterEach(() => rmSync(join(folder, '..'), { recursive: true, force: true }))

function open(rules: Partial<LogFileRules> = {}) {
  const sink = openLogFiles(folder, { clock: () => now, ...rules })
  return { sink, log: createLog(sink, { plain: false }) }
}
const messagesOf = (name: string) =>
  readFileSync(join(folder, name), 'utf8')
    .split('\n')
    .flatMap((line) => (line === '' ? [] : [JSON.parse(line).message]))
const names = () => readdirSync(folder).sort()

test('every line is in the file of the day, and errors are in one of their own; nobody else reads them', async () => {
  const { log, sink } = open()
  log.info('a')
  log.error('b')
  await sink.drained()
  expect(messagesOf('gatekeeper-2026-11-30.log')).toEqual(['a', 'b'])
  expect(messagesOf('error-2026-11-30.log')).toEqual(['b'])
  for (const name of names()) expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600)
})

test('a new file begins at midnight: no line is lost, and none is in the wrong one', async () => {
  const { log, sink } = open()
  for (let at = 0; at < 500; at++) {
    now = Date.UTC(2026, 10, 30, 23, 59, 59, 0) + at * 4
    log.info(`line ${at}`)
  }
  await sink.drained()
  await expect.poll(() => messagesOf('gatekeeper-2026-11-30.log')).toHaveLength(250)
  expect(messagesOf('gatekeeper-2026-12-01.log')).toEqual(
    Array.from({ length: 250 }, (_, at) => `line ${at + 250}`),
  )
})

test('a start on the same day goes on in the same file', async () => {
  for (const message of ['first', 'second']) {
    const { log, sink } = open()
    log.info(message)
    await sink.drained()
  }
  expect(messagesOf('gatekeeper-2026-11-30.log')).toEqual(['first', 'second'])
})

describe('old files', () => {
  test('are removed after 30 days, and other files are left alone', async () => {
    open()
    const old = ['gatekeeper-2026-10-30.log', 'error-2026-10-01.log', 'gatekeeper-2026-10-30.3.log']
    const kept = ['gatekeeper-2026-10-31.log', 'notes.log', 'gatekeeper-2026-10-01.log.gz']
    for (const name of [...old, ...kept]) writeFileSync(join(folder, name), 'x')
    open()
    expect(old.filter((name) => existsSync(join(folder, name)))).toEqual([])
    expect(kept.filter((name) => existsSync(join(folder, name)))).toEqual(kept)
  })

  test('give way, the oldest first, so that all together stay below the bound', async () => {
    const bytesMax = 640_000
    const { log, sink } = open({ bytesMax })
    for (let at = 0; at < 4_000; at++) {
      now += 60_000
      log.error({ text: 'x'.repeat(100) }, `line ${at}`)
      if (at % 50 === 0) await sink.drained()
    }
    await sink.drained()
    const total = names().reduce((sum, name) => sum + statSync(join(folder, name)).size, 0)
    expect(total).toBeLessThanOrEqual(bytesMax)
    expect(total).toBeGreaterThan(bytesMax / 4)
    const newest =
      names()
        .filter((name) => /^gatekeeper-[\d-]+\.log$/.test(name))
        .at(-1) ?? ''
    expect(messagesOf(newest).at(-1)).toBe('line 3999')
  })
})

describe('a failure never ends the process or throws', () => {
  test.skipIf(!existsSync('/dev/full'))('a full disk', async () => {
    open()
    rmSync(join(folder, 'gatekeeper-2026-11-30.log'))
    symlinkSync('/dev/full', join(folder, 'gatekeeper-2026-11-30.log'))
    const { log, sink } = open()
    for (let at = 0; at < 100; at++) log.info('x'.repeat(1_000))
    log.error('lost in one file')
    await sink.drained()
    // The other file still has it, and the next day goes on.
    expect(messagesOf('error-2026-11-30.log')).toEqual(['lost in one file'])
    now += 86_400_000
    log.info('again')
    await sink.drained()
    expect(messagesOf('gatekeeper-2026-12-01.log')).toContain('again')
  })

  test('a folder that is gone at midnight: the next attempt is a minute later', async () => {
    const { log, sink } = open()
    rmSync(folder, { recursive: true })
    writeFileSync(folder, 'in the way')
    now += 86_400_000
    log.info('lost')
    await sink.drained()
    rmSync(folder)
    now += 59_000
    log.info('too early')
    now += 1_000
    const { sink: other } = open()
    log.info('here')
    await Promise.all([sink.drained(), other.drained()])
    expect(messagesOf('gatekeeper-2026-12-01.log')).toEqual(['here'])
  })

  test('at the start it is an error, so that the operator sees it', () => {
    writeFileSync(folder, 'a file')
    expect(() => open()).toThrow()
  })
})
