/**
 * An uncaught error in the real process: it is logged with its place, counted, the process
 * drains as at SIGTERM and ends with 70, and the next one continues with its state.
 */
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { demoModel } from '../../../scripts/demo/demo-model.ts'
import { type Child, waitUntil } from '../support/child.ts'
import { directFields } from '../support/direct.ts'
import { unqueuedGateway } from '../support/gateway-file.ts'
import { makeKey } from '../support/keys.ts'
import { exchange, exchangeUnix, lines } from '../support/raw.ts'
import { readRecords } from '../support/read-records.ts'
import { type Stack, startGatekeeper, startStack, testCaddy } from '../support/stack.ts'

const ada = makeKey()
const limited = makeKey({ user: 'eve', limits: ['100/day'] })
const injection = pathToFileURL(join(import.meta.dirname, '../support/inject-fault.ts')).href
const chat = { model: demoModel, messages: [{ role: 'user', content: 'x' }] }

const line = (end: object) =>
  `${JSON.stringify({ model: demoModel, message: { role: 'assistant', content: 'word ' }, ...end })}\n`

/** A stream that takes a while, and a list at once. */
async function slowly(response: ServerResponse, { url }: { url: string }): Promise<void> {
  if (!url.includes('chat')) return void response.end('{"models":[]}')
  response.writeHead(200, { 'content-type': 'application/x-ndjson' })
  response.write(line({ done: false }))
  await sleep(1_500)
  response.end(line({ done: true, prompt_eval_count: 10, eval_count: 20 }))
}

describe.skipIf(testCaddy === null)('an uncaught error', () => {
  let stack: Stack
  let gatekeeper: Child
  let faults = 0
  const started: Child[] = []
  let faultFile: string
  beforeAll(async () => {
    stack = await startStack({ keys: [ada, limited], config: unqueuedGateway })
    stack.upstream.behave({ answer: slowly })
    faultFile = join(stack.stateDir, 'test-fault')
    await stack.gatekeeper.stop()
  })
  afterEach(async () => void (await Promise.all(started.map((child) => child.stop()))))
  afterAll(async () => {
    await stack?.stop()
  })

  const start = async () => {
    const options = `--import ${injection.replaceAll(' ', '%20')}`
    gatekeeper = startGatekeeper({ ...stack.env, NODE_OPTIONS: options, TEST_FAULT: faultFile })
    started.push(gatekeeper)
    await waitUntil(() => gatekeeper.output().includes('gatekeeper ready'), {
      ...{ limitMs: 60_000, child: gatekeeper, describe: gatekeeper.output },
    })
  }

  /** Straight to the relay: a Caddy that has no processor takes a while to see a new gatekeeper. */
  const ask = (method: string, uri: string, json?: object, { key } = ada) => {
    const body = json === undefined ? '' : JSON.stringify(json)
    const stated = { 'X-Gatekeeper-Method': method, 'X-Gatekeeper-Request-Id': randomUUID() }
    const fields = { ...directFields(stack, 'relay'), ...stated }
    const head = lines(
      ...[`${method} ${uri} HTTP/1.1`, 'Host: localhost', `Authorization: Bearer ${key}`],
      ...[`Content-Length: ${body.length}`, 'Content-Type: application/json'],
      ...Object.entries({ ...fields, 'X-Gatekeeper-Uri': uri }).map(
        ([name, value]) => `${name}: ${value}`,
      ),
    )
    const socket = connect(join(stack.stateDir, 'run/relay.sock'))
    return exchange(socket, head + body, 20_000)
  }

  const metric = async () => {
    const answer = await exchangeUnix(
      join(stack.stateDir, 'run/ops.sock'),
      lines('GET /metrics HTTP/1.1', 'Host: localhost'),
    )
    return /gatekeeper_faults_total\{ended="process"\} (\d+)/.exec(answer)?.[1]
  }

  it.each([
    ['thrown', 'TypeError', 'uncaughtException'],
    ['thrown later', 'TypeError', 'uncaughtException'],
    ['rejected', 'RangeError', 'unhandledRejection'],
    ['emitted', 'SyntaxError', 'uncaughtException'],
    ['not an error', 'string', 'uncaughtException'],
    ['again and again', 'TypeError', 'uncaughtException'],
  ])(
    '%s: is logged and counted, open answers end, exit code 70, and the next process continues',
    async (kind, name, origin) => {
      await start()
      expect(await metric()).toBe(String(faults))
      const before = stack.upstream.requests
      const under = ask('POST', '/api/chat', chat)
      await waitUntil(() => stack.upstream.requests > before, {
        ...{ limitMs: 10_000, child: gatekeeper, describe: gatekeeper.output },
      })
      const exited = once(gatekeeper.process, 'exit')
      const at = performance.now()
      writeFileSync(faultFile, kind)
      gatekeeper.process.kill('SIGUSR2')
      const answer = await under
      expect(answer).toMatch(/^HTTP\/1.1 200 [\s\S]*"done":true/)
      expect(await exited).toEqual([70, null])
      expect(performance.now() - at).toBeLessThan(15_000)

      const said = gatekeeper.output()
      const logged = said.split('\n').filter((one) => one.includes('uncaught error'))
      expect(logged.length).toBeGreaterThan(0)
      expect(logged.length).toBeLessThanOrEqual(20)
      const record = JSON.parse(logged[0] ?? '') as { fault: { name: string; frames: string[] } }
      expect(record).toMatchObject({ level: 'error', origin, fault: { name } })
      if (name !== 'string') expect(record.fault.frames.join()).toContain('inject-fault.ts:')
      expect(said).toContain('"signal":"fault"')
      expect(said).not.toContain('sk-of-a-client')
      // A process that ends leaves no text of Node's own, which quotes the message.
      expect(said).not.toMatch(/Node\.js v\d|triggerUncaughtException/)

      await start()
      faults = Number(await metric())
      expect(faults).toBeGreaterThan(0)
      expect(await ask('GET', '/api/tags')).toMatch(/^HTTP\/1.1 200 /)
      const records = await readRecords(join(stack.stateDir, 'usage.db'))
      const requestId = /^x-request-id: (.+)\r$/im.exec(answer)?.[1]
      expect(
        records.filter((one) => one.requestId === requestId).map(({ outcome }) => outcome),
      ).toEqual(['answered'])
      expect(gatekeeper.output()).not.toContain('charged the estimate')
      expect(await gatekeeper.stop()).toBe(0)
    },
    60_000,
  )
  it.each([
    ['a thread that ends', 'ThreadEnded'],
    ['a thread that throws', 'SyntaxError'],
  ])(
    '%s, of the journal: limited requests are refused, exit code 70, and the next process counts all',
    async (kind, name) => {
      await start()
      const counted = Number(await metric())
      const before = stack.upstream.requests
      const under = ask('POST', '/api/chat', chat, limited)
      await waitUntil(() => stack.upstream.requests > before, {
        ...{ limitMs: 10_000, child: gatekeeper, describe: gatekeeper.output },
      })
      const exited = once(gatekeeper.process, 'exit')
      writeFileSync(faultFile, kind)
      gatekeeper.process.kill('SIGUSR2')
      await waitUntil(() => gatekeeper.output().includes('uncaught error'), {
        ...{ limitMs: 10_000, child: gatekeeper, describe: gatekeeper.output },
      })
      const refused = await ask('POST', '/api/chat', chat, limited).catch(() => '')
      expect(refused).not.toContain(' 200 ')
      expect(stack.upstream.requests).toBe(before + 1)
      // Requests admitted before get complete answers; the next start charges their cost.
      expect(await under).toMatch(/^HTTP\/1.1 200 [\s\S]*"done":true/)
      expect(await exited).toEqual([70, null])
      const logged = gatekeeper.output().split('\n')
      const records = logged.filter((one) => one.includes('uncaught error'))
      expect(records).toHaveLength(1)
      expect(JSON.parse(records[0] ?? '')).toMatchObject({ level: 'error', fault: { name } })

      await start()
      expect(Number(await metric())).toBe(counted + 1)
      expect(await ask('POST', '/api/chat', chat, limited)).toMatch(/^HTTP\/1.1 200 /)
      expect(gatekeeper.output()).toContain('charged the estimate')
      expect(await gatekeeper.stop()).toBe(0)
    },
    60_000,
  )
})
