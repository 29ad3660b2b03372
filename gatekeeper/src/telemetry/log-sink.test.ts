import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { createSink } from './log-sink.ts'

const program = (body: string) => `
  import { createLog } from ${JSON.stringify(import.meta.resolve('./log.ts'))}
  import { openLogSink } from ${JSON.stringify(import.meta.resolve('./log-sink.ts'))}
  const sink = openLogSink(1, { isGathered: true })
  const log = createLog(sink, { plain: false })
  ${body}
`
const words = (body: string) => ['--input-type=module-typescript', '--eval', program(body)]

/** Runs a program to its end; returns the messages that its log holds. */
function logged(body: string): string[] {
  const { stdout } = spawnSync(process.execPath, words(body), { encoding: 'utf8' })
  return stdout.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line).message]))
}

const thousand = Array.from({ length: 1_000 }, (_, at) => `line ${at}`)
const writeThousand = "for (let at = 0; at < 1000; at++) log.info('line ' + at)"

test.each([
  ['process.exit', 'process.exit(3)'],
  ['a fault', "throw new Error('fault')"],
  ['no more work', ''],
  ['a stop that waits for the sink', 'await sink.drained(); process.exit(0)'],
])('every line is written, once and in order, before the process ends by %s', (_, end) => {
  expect(logged(`${writeThousand}\n${end}`)).toEqual(thousand)
})

/** Starts a program that keeps running; resolves when its output holds the text, and kills it. */
async function waitForText(body: string, wanted: string): Promise<string> {
  const child = spawn(process.execPath, words(`${body}\nsetInterval(() => {}, 1e6)`), {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  for await (const chunk of child.stdout) {
    output += chunk
    if (output.includes(wanted)) break
  }
  child.kill('SIGKILL')
  return output
}

test.each([
  ['alone', "log.info('last')"],
  ['behind a warning that is being written', "log.warn('first'); log.info('last')"],
  ['behind lines that are being written', `${writeThousand}; log.info('last')`],
  ['behind a flush', "log.info('first'); sink.flush(); log.info('last')"],
  ['when a flush comes too early for it', "log.warn('a'); log.info('last'); sink.flush()"],
])('a line does not wait for others to come: %s', async (_, body) => {
  expect(await waitForText(body, 'last')).toContain('last')
})

test('the lines before an error are written with it', async () => {
  const output = await waitForText("log.info('before'); log.error('error')", '"error"')
  expect(output).toMatch(/before[\s\S]*error/)
})

const full = '/dev/full'
test.skipIf(!existsSync(full))('a disk that is full does not end the process', async () => {
  const disk = openSync(full, 'w')
  const end = 'await sink.drained(); process.exit(5)'
  const body = `${writeThousand}\nsetTimeout(async () => { log.error('x'); ${end} }, 300)`
  const child = spawn(process.execPath, words(body), { stdio: ['ignore', disk, 'pipe'] })
  const said = text(child.stderr as Readable)
  expect(await once(child, 'exit')).toEqual([5, null])
  expect(await said).toBe('')
  closeSync(disk)
})

test('a closed reader does not end the process', async () => {
  const end = 'await sink.drained(); process.exit(5)'
  const body = `log.warn('first')
    process.stdin.once('data', () => {
      ${writeThousand}
      setTimeout(async () => { log.error('x'); ${end} }, 300)
    })`
  const child = spawn(process.execPath, words(body), { stdio: ['pipe', 'pipe', 'pipe'] })
  const said = text(child.stderr as Readable)
  await once(child.stdout, 'data')
  child.stdout.destroy()
  child.stdin.write('go')
  expect(await once(child, 'exit')).toEqual([5, null])
  expect(await said).toBe('')
})

test('a blocked reader costs no more memory than documented', async () => {
  const body = `const line = 'x'.repeat(1000)
    for (let at = 0; at < 100_000; at++) {
      log.info(line)
      if (at % 1000 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    process.stderr.write(String(process.memoryUsage().rss / 1e6))
    process.kill(process.pid, 'SIGKILL')`
  const child = spawn(process.execPath, words(body), { stdio: ['ignore', 'pipe', 'pipe'] })
  // 100 MB of lines.
  expect(Number(await text(child.stderr))).toBeLessThan(200)
})

test('a blocked reader does not keep the process from ending', async () => {
  const body = `for (let at = 0; at < 1000; at++) log.warn('x'.repeat(1000))
    setTimeout(() => process.exit(5), 2_000)`
  const child = spawn(process.execPath, words(body), { stdio: ['ignore', 'pipe', 'inherit'] })
  expect(await once(child, 'exit')).toEqual([null, 'SIGKILL'])
})

test.skipIf(!existsSync('/dev/full'))(
  'lines that a full disk did not take never reach what is opened after it is closed',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'gk-sink-'))
    const sink = createSink(openSync('/dev/full', 'a'), { isGathered: true })
    sink.write('the line of another caller')
    await sink.close()
    const others = Array.from({ length: 20 }, (_, at) => openSync(join(folder, `${at}`), 'a'))
    // Longer than lines are gathered.
    await sleep(250)
    for (const [at, descriptor] of others.entries()) {
      expect(readFileSync(join(folder, `${at}`), 'utf8')).toBe('')
      closeSync(descriptor)
    }
    rmSync(folder, { recursive: true })
  },
)
