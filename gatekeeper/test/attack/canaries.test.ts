import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { askLive } from '../../../scripts/explain/ask-live.ts'
import { createApiKey } from '../../src/api-keys/api-key.ts'
import { createLog } from '../../src/telemetry/log.ts'
import { toPlainLine } from '../../src/telemetry/plain-line.ts'
import { waitUntil } from '../support/child.ts'
import { makeKey } from '../support/keys.ts'
import { exchange, exchangeUnix, lines, openTls } from '../support/raw.ts'
import { type Stack, startStack, testCaddy } from '../support/stack.ts'
import { type Canary, findSecret, makeCanaries, readAllFiles } from './support/texts/canary.ts'
import { type CanaryRequest, placesOf } from './support/texts/canary-places.ts'

const ada = makeKey()
const made = createApiKey().key
const typo = made.slice(0, -1) + (made.endsWith('A') ? 'B' : 'A')
const plain = `plain${createApiKey().key.slice(14, 52)}`
const canaries = makeCanaries(ada.key, typo, plain)

/** Where requests go: relay, check, the gatekeeper's own, nothing, a service that is down. */
const paths = ['/api/tags', '/v1/models', '/chat/api/tags', '/status', '/nothing', '/tts/x']

const patienceMs = 2_500
/** For requests that a busy machine did not answer. */
const longPatienceMs = 15_000

type Heard = { readonly where: string; readonly text: string }
type Placed = { readonly where: string; readonly bytes: string }

describe.skipIf(testCaddy === null)('a credential in any place of a request', () => {
  let stack: Stack
  /** All answers, by place. */
  const heard: Heard[] = []
  const folder = mkdtempSync(join(tmpdir(), 'gk-canary-'))
  beforeAll(async () => {
    const entry = { user: 'old', service: 'chat', created_at: '2024-01-01' }
    writeFileSync(join(folder, 'plain.json'), JSON.stringify({ [plain]: entry }))
    const env = { TTS_URL: 'http://127.0.0.1:1', API_KEYS_FILE: join(folder, 'plain.json') }
    // At its usual level Caddy logs few requests: the filter must work at the most verbose level.
    const caddyfile = (text: string) => text.replace('{$GATEKEEPER_LOG_LEVEL:INFO}', 'DEBUG')
    stack = await startStack({ keys: [ada], env, caddyfile })
    stack.upstream.behave({ status: 200, body: '{}' })
  })
  afterAll(async () => {
    await stack?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  /** Answers to all requests, some at a time, of all paths and canaries. */
  const sendEach = async (
    requests: readonly Placed[],
    { isPlain = false, at = 48, limitMs = patienceMs } = {},
  ) => {
    // Half of the malformed ones are answered only after a time-out.
    const left = [...requests].reverse()
    const unanswered: Placed[] = []
    const send = async () => {
      for (let next = left.pop(); next !== undefined; next = left.pop()) {
        const text = await sendOne(next, { isPlain, limitMs })
        heard.push({ where: next.where, text })
        if (!text.startsWith('HTTP/1.1 ')) unanswered.push(next)
      }
    }
    await Promise.all(Array.from({ length: at }, send))
    return unanswered
  }
  const sendOne = async ({ bytes }: Placed, { isPlain = false, limitMs = patienceMs }) => {
    try {
      const socket = isPlain ? connect(stack.httpPort, '127.0.0.1') : await openTls(stack)
      return await exchange(socket, bytes, limitMs)
    } catch {
      // A failed connection has revealed nothing; it counts as unanswered.
      return ''
    }
  }
  const place = (where: string, requests: readonly CanaryRequest[]): Placed[] =>
    requests.map((request) => ({ where: `${where}, ${request.place}`, bytes: request.bytes }))

  /** The finds of all canaries, each place once. */
  const finds = (all: readonly Heard[]) =>
    all.flatMap(({ where, text }) =>
      canaries.flatMap((canary) => {
        const found = findIn(canary, text)
        return found === null ? [] : [`${canary.name} in ${where}: ${found}`]
      }),
    )
  const findIn = ({ secrets }: Canary, text: string) =>
    secrets.map((secret) => findSecret(text, secret)).find((found) => found !== null) ?? null

  const written = (): Heard[] =>
    [
      ...stack.caddy
        .output()
        .split('\n')
        .map((text) => ({ where: 'the log of Caddy', text })),
      ...stack.gatekeeper
        .output()
        .split('\n')
        .map((text) => ({ where: 'our log', text })),
      ...readAllFiles(stack.stateDir).map(({ file, text }) => ({
        where: file.slice(stack.stateDir.length),
        text,
      })),
    ].filter(({ text }) => text !== '')

  it('is in no answer in normal operation', async () => {
    const all = canaries.flatMap(({ name, text }) =>
      paths.flatMap((path) => place(`${name}, ${path}`, placesOf(path, text))),
    )
    expect(all.length).toBeGreaterThan(3_000)
    const unanswered = await sendEach(all)
    // A malformed request needs no answer. Requests that a busy machine did not answer are sent
    // again.
    const silent =
      unanswered.length < all.length / 10
        ? unanswered
        : await sendEach(unanswered, { at: 16, limitMs: longPatienceMs })
    expect(silent.length).toBeLessThan(all.length / 10)
    expect(finds(heard).slice(0, 20)).toEqual([])
  }, 600_000)

  it('is in no answer of the plain HTTP port, except in its redirect target', async () => {
    const from = heard.length
    await sendEach(
      canaries.flatMap(({ name, text }) => place(name, placesOf('/api/tags', text))),
      { isPlain: true },
    )
    const answers = heard.slice(from).map(({ where, text }) => ({
      where,
      text: text.replace(/^Location: .*$/im, ''),
    }))
    expect(finds(answers).slice(0, 20)).toEqual([])
  }, 120_000)

  it('is in no answer of the ops listener to any request, and in no metric', async () => {
    const socket = join(stack.stateDir, 'run/ops.sock')
    const answers: Heard[] = []
    for (const path of ['/readyz', '/livez', '/metrics', '/nothing']) {
      for (const { name, text } of canaries) {
        const asked = [
          lines(`GET ${path}?${text} HTTP/1.1`, 'Host: localhost', `X-Api-Key: ${text}`),
          lines(`GET ${path}/${text} HTTP/1.1`, 'Host: localhost', `Authorization: Bearer ${text}`),
          lines(`GET ${path} HTTP/1.1`, `Host: ${text}`),
          lines(`GET ${path} HTTP/1.1`, 'Host: localhost', `Cookie: ${text}`),
        ]
        for (const bytes of asked) {
          answers.push({ where: `${path}, ${name}`, text: await exchangeUnix(socket, bytes) })
        }
      }
    }
    expect(answers.every(({ text }) => text.startsWith('HTTP/1.1 '))).toBe(true)
    // After thousands of requests with canaries: the metrics exist, and no text of a client.
    const figures = answers.filter(({ text }) => text.includes('gatekeeper_decisions_total{'))
    expect(figures.length).toBeGreaterThan(canaries.length)
    expect(finds(answers)).toEqual([])
  })

  it('is in no explanation except as the given argument, and in no log of it', async () => {
    const listen = { kind: 'unix', path: join(stack.stateDir, 'run/control/explain.sock') } as const
    for (const { text } of canaries) {
      const base = { method: 'GET', host: 'localhost', clientAddress: '127.0.0.1' }
      const caller = { kind: 'credential', credential: text } as const
      const asked = { ...base, target: '/api/tags', origin: null, model: null, caller }
      const told = [await askLive(asked, listen), await askLive({ ...asked, model: text }, listen)]
      const key = { ...asked, caller: { kind: 'key', id: text } as const, origin: text }
      const said = JSON.stringify([...told, await askLive(key, listen)])
      // `--key` takes an id, which may appear.
      expect(finds([{ where: 'explain', text: said }])).toEqual([])
    }
  })

  it('is not in /readyz nor in the log when the key file itself is broken around a key', async () => {
    await writeFile(stack.keysFile, `{"version":1,"${plain}":{"user":"x" "${ada.key}"},"${typo}"`)
    const ready = () =>
      exchangeUnix(
        `${stack.stateDir}/run/ops.sock`,
        lines('GET /readyz HTTP/1.1', 'Host: localhost'),
      )
    await waitUntil(async () => (await ready()).includes('"status":"degraded"'), {
      ...{ limitMs: 3_000, describe: stack.gatekeeper.output },
    })
    expect(finds([{ where: '/readyz', text: await ready() }])).toEqual([])
  })

  it.each(['frozen', 'dead'])(
    'is in no answer while the gatekeeper is %s',
    async (state) => {
      const from = heard.length
      if (state === 'frozen') stack.gatekeeper.process.kill('SIGSTOP')
      else await stack.gatekeeper.stop()
      // Each takes a second here: those that differ in what Caddy would log.
      const isTelling = ({ place }: CanaryRequest) =>
        /target|method|carrier (Bearer|sub)|host|field (Host|Cookie)/.test(place)
      await sendEach(
        canaries.flatMap(({ name, text }) =>
          ['/api/tags', '/chat/api/tags'].flatMap((path) =>
            place(`${name}, ${path}, ${state}`, placesOf(path, text).filter(isTelling)),
          ),
        ),
        { at: 96 },
      )
      if (state === 'frozen') stack.gatekeeper.process.kill('SIGCONT')
      expect(heard.length - from).toBeGreaterThan(300)
      expect(finds(heard.slice(from)).slice(0, 20)).toEqual([])
    },
    240_000,
  )

  it("is not in Caddy's log, not in ours, and in no file of the state folder", () => {
    const all = written()
    expect(all.filter(({ where }) => where === 'our log').length).toBeGreaterThan(1_000)
    expect(all.filter(({ where }) => where === 'the log of Caddy').length).toBeGreaterThan(1_000)
    const found = finds(all)
    // Grouped by who wrote it: one defect makes hundreds of lines.
    const samples = Object.values(Object.groupBy(found, (text) => text.split(':')[0] ?? ''))
    expect({ count: found.length, samples: samples.map((group) => group?.[0]) }).toEqual({
      count: 0,
      samples: [],
    })
  })

  it('is not in the lines that people read at a terminal', () => {
    const lines = stack.gatekeeper
      .output()
      .split('\n')
      .filter((line) => line.startsWith('{'))
    const shown = lines.map((line) => ({ where: 'the terminal', text: toPlainLine(line) }))
    expect(shown.length).toBeGreaterThan(1_000)
    const found = finds(shown)
    expect({ count: found.length, sample: found[0] }).toEqual({ count: 0, sample: undefined })
  })
})

describe('a log line', () => {
  it.each([true, false])(
    'never has text that looks like a key, in any member; plain %s',
    (isPlain) => {
      const text: string[] = []
      const log = createLog({ write: (line) => text.push(line) }, { plain: isPlain })
      const encoded = ada.key.replaceAll('_', '%5F')
      log.info({ path: `/x/${ada.key}`, method: ada.key, user: encoded }, 'decision')
      log.error(
        { [ada.key]: 1, deep: [{ fault: `a ${ada.key} b` }], path: `${ada.key}${ada.key}` },
        ada.key,
      )
      expect(text).toHaveLength(2)
      expect(findSecret(text.join(''), ada.key.slice(14))).toBeNull()
    },
  )

  it('cannot control a terminal: control characters of a member are escaped', () => {
    const text: string[] = []
    const log = createLog({ write: (line) => text.push(line) }, { plain: true })
    log.warn({ user: 'a\u001b[2Jb', path: '/x\r\ny', requestId: '\u0007\u009b' }, 'decision')
    log.warn({ what: 'a\u001b]0;x\u0007', other: '\nready forged' }, 'keys')
    const shown = text.map((line) => line.slice(0, -1)).join('')
    expect(shown).not.toMatch(/\p{Cc}/u)
  })
})
