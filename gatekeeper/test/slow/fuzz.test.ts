/**
 * No request and no answer of an upstream ends the process: at the end it has the process id that
 * it had at the beginning. Whole (100,000 requests, 10,000 upstream answers) with CI_FULL=1.
 */
import { connect } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoModel } from '../../../scripts/demo/demo-model.ts'
import { directFields } from '../support/direct.ts'
import { unqueuedGateway } from '../support/gateway-file.ts'
import { makeKey } from '../support/keys.ts'
import { exchange, exchangeUnix, lines } from '../support/raw.ts'
import {
  broken,
  framings,
  type RawAnswer,
  type RawUpstream,
  startRawUpstream,
  wholeAnswer,
} from '../support/raw-upstream.ts'
import { type Stack, startStack, testCaddy } from '../support/stack.ts'

const isFull = process.env['CI_FULL'] === '1'
const scale = isFull ? 1 : 0.1
const requestsMin = 100_000 * scale
const answersMin = 10_000 * scale
const listsMin = isFull ? 100 : 10
const seed = Number(process.env['GATEKEEPER_TEST_SEED'] ?? Date.now() % 1_000_000)
if (!isFull) process.stderr.write('REDUCED: a tenth of the fuzz; CI_FULL=1 runs all of it\n')
process.stderr.write(`fuzz: GATEKEEPER_TEST_SEED=${seed}\n`)

/** mulberry32: small, and the same everywhere. */
function createRandom(from: number): () => number {
  let state = from
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
const random = createRandom(seed)
const below = (bound: number) => Math.floor(random() * bound)
const oneOf = <T>(all: readonly T[]): T => all[below(all.length)] as T

const bodies = [
  '',
  '{}',
  '{"error":"x"}',
  '{"data":[{"id":"m"},null,7]}',
  '{"models":[{"name":"demo"}]}',
  '{"issuer":"x","jwks_uri":1}',
  '{"keys":[{}]}',
  '[1',
  'data: {"choices":[]}\n\ndata: [DONE]\n\n',
  '{"message":{"content":"a"},"done":true,"eval_count":-1}\n',
  'x'.repeat(70_000),
]

function anyAnswer(status = 200 + below(400)): RawAnswer {
  const body = oneOf(bodies)
  return oneOf(random() < 0.5 ? framings(status, body) : broken(status, body || 'body'))
}

const litellmKey = 'sk-for-the-tests-0123456789abcdef'
/**
 * How often the domain chat fetched the list of models; after a bad answer at most once a second.
 */
let listsAsked = 0
function answerTo(request: string): RawAnswer {
  const isList = request.startsWith('GET /v1/models ') && request.includes(litellmKey)
  if (!isList) return anyAnswer()
  listsAsked++
  // The body of another status is not read.
  return anyAnswer(random() < 0.7 ? 200 : undefined)
}

const ada = makeKey({ services: ['ollama', 'litellm', 'domain-chat'] })
const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
const unsigned = (iss: string) => {
  const claims = { iss, aud: 'https://ai.example', sub: 'x', iat: 0, exp: 4_000_000_000 }
  const head = { alg: 'RS256', typ: 'at+jwt', kid: `k${below(1e9)}` }
  return `${encode(head)}.${encode(claims)}.${'A'.repeat(342)}`
}

describe.skipIf(testCaddy === null)('the process outlives', () => {
  let stack: Stack
  const upstreams: RawUpstream[] = []
  const answered = () => upstreams.reduce((sum, { requests }) => sum + requests(), 0)
  beforeAll(async () => {
    for (let left = 21; left > 0; left--) {
      const upstream = await startRawUpstream()
      upstream.answerWith(answerTo)
      upstreams.push(upstream)
    }
    const issuers = upstreams.slice(1).map(
      ({ url }) => `
  - issuer: ${url}
    audience: https://ai.example
    algorithms: [RS256]
    keys: {discovery: true}
    rules: [{role: readwrite, services: [ollama]}]`,
    )
    const url = upstreams[0]?.url ?? ''
    stack = await startStack({
      keys: [ada],
      config: `${unqueuedGateway}\nissuers:${issuers.join('')}`,
      ollamaUrl: url,
      env: { LITELLM_URL: url, LITELLM_MASTER_KEY: litellmKey },
    })
  }, 120_000)
  afterAll(async () => {
    await stack?.stop()
    await Promise.all(upstreams.map((upstream) => upstream.close()))
  })

  const chat = { model: demoModel, messages: [{ role: 'user', content: 'x' }] }
  const targets: readonly (readonly [string, string, object | null])[] = [
    ['GET', '/api/tags', null],
    ['GET', '/v1/models', null],
    ['POST', '/api/chat', chat],
    ['POST', '/v1/chat/completions', { ...chat, stream: true }],
    ['POST', '/litellm/v1/chat/completions', chat],
    ['POST', '/minnow/chat?domain=medicine&model=m', { messages: chat.messages }],
    ['HEAD', '/api/tags', null],
  ]

  /** One well-formed request of the relay; `key` null shows a token of one of the issuers. */
  const wellFormed = (key: string | null): string => {
    const [method, uri, json] = oneOf(targets)
    const body = json === null ? '' : JSON.stringify(json)
    const token = key ?? unsigned(oneOf(upstreams).url)
    const fields = {
      ...directFields(stack, 'relay'),
      'X-Gatekeeper-Method': method,
      'X-Gatekeeper-Uri': uri,
    }
    return `${[
      ...[`${method} ${uri} HTTP/1.1`, 'Host: localhost', `Authorization: Bearer ${token}`],
      ...(json === null
        ? []
        : [`Content-Length: ${body.length}`, 'Content-Type: application/json']),
      ...Object.entries(fields).map(([name, value]) => `${name}: ${value}`),
    ].join('\r\n')}\r\n\r\n${body}`
  }

  /** A few bytes of it changed, removed, doubled or cut off. */
  const spoilt = (text: string): string => {
    let bytes = Buffer.from(text, 'latin1')
    for (let left = below(4); left > 0; left--) {
      const at = below(bytes.length + 1)
      const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)]
      bytes = oneOf([
        () => Buffer.concat([before, Buffer.from([below(256)]), after]),
        () => Buffer.concat([before, after.subarray(1 + below(20))]),
        () => Buffer.concat([before, after.subarray(0, 40), after]),
        () => before,
      ])()
    }
    return bytes.toString('latin1')
  }

  const alive = async (pid: number | undefined) => {
    expect([stack.gatekeeper.process.pid, stack.gatekeeper.process.exitCode]).toEqual([pid, null])
    const ready = lines('GET /livez HTTP/1.1', 'Host: localhost')
    expect(await exchangeUnix(join(stack.stateDir, 'run/ops.sock'), ready)).toContain(' 200 ')
    expect(stack.gatekeeper.output()).not.toContain('uncaught error')
  }

  it(`${answersMin} answers of upstreams: relay, model lists, issuers`, async () => {
    const pid = stack.gatekeeper.process.pid
    const relay = join(stack.stateDir, 'run/relay.sock')
    const worker = async () => {
      while (answered() < answersMin || listsAsked < listsMin) {
        const request = wellFormed(random() < 0.9 ? ada.key : null)
        const closing = request.replace('\r\n', '\r\nConnection: close\r\n')
        const limitMs = random() < 0.1 ? below(20) : 5_000
        await exchange(connect(relay), closing, limitMs)
        expect(stack.gatekeeper.process.exitCode).toBe(null)
      }
    }
    await Promise.all(Array.from({ length: 16 }, worker))
    await alive(pid)
  }, 600_000)

  it(`${requestsMin} answered requests, damaged and intact, at every point`, async () => {
    const pid = stack.gatekeeper.process.pid
    for (const upstream of upstreams) upstream.answerWith(wholeAnswer(200, '{"models":[]}'))
    // Only answered requests count, not those after one that ends its connection.
    let answers = 0
    const whole = (point: string) => {
      const request = wellFormed(oneOf([ada.key, 'gk_nobody', null]))
      return point === 'check' ? request.replace(/^\w+ \S+/, 'GET /check/ollama') : request
    }
    const worker = async () => {
      while (answers < requestsMin) {
        const point = oneOf(['relay', 'check', 'ops', 'relay'])
        const first = Array.from({ length: below(30) }, () => whole(point))
        const last = whole(point).replace('\r\n', '\r\nConnection: close\r\n')
        const socket = connect(join(stack.stateDir, `run/${point}.sock`))
        const limitMs = random() < 0.1 ? below(20) : 5_000
        const text = await exchange(
          socket,
          [...first, spoilt(whole(point)), last].join(''),
          limitMs,
        )
        answers += text.match(/HTTP\/1\.1 \d{3} /g)?.length ?? 0
        expect(stack.gatekeeper.process.exitCode).toBe(null)
      }
    }
    await Promise.all(Array.from({ length: 16 }, worker))
    await alive(pid)
  }, 600_000)
})
