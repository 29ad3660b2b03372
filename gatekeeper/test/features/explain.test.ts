import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { askLive } from '../../../scripts/explain/ask-live.ts'
import { type Offline, openOffline } from '../../../scripts/explain/ask-offline.ts'
import { loadGateway } from '../../src/config/load-gateway.ts'
import { readSettings } from '../../src/config/read-settings.ts'
import { systemClock } from '../../src/lib/clock.ts'
import type { ExplainCaller, ExplainQuestion } from '../../src/model/explanation.ts'
import { describePlaces } from '../../src/operations/explain/find-places.ts'
import { openInstallation } from '../../src/operations/installation.ts'
import { waitUntil } from '../support/child.ts'
import { decisionsOf } from '../support/decisions.ts'
import { makeKey, makeRefusedKeys, type TestKey } from '../support/keys.ts'
import { type Stack, startStack, testCaddy } from '../support/stack.ts'

const root = resolve(import.meta.dirname, '../../..')

const ada = makeKey()
const reader = makeKey({ user: 'reader', role: 'readonly' })
const admin = makeKey({ user: 'admin', role: 'admin' })
const refused = makeRefusedKeys()
const { elsewhere, expired, disabled, away, paged } = refused
const limited = makeKey({ models: ['demo'] })
const counted = makeKey({ limits: ['100-tokens/day'] })
const daily = makeKey({ user: 'daily', limits: ['2/day'] })
const keys = [ada, reader, admin, limited, counted, daily, ...Object.values(refused)]

type Row = readonly [
  name: string,
  method: string,
  path: string,
  key: TestKey | null,
  model?: string,
]

/** Paths are as under `/chat` (check) and `/ollama` (relay). */
const rows: readonly Row[] = [
  ['nobody', 'GET', '/api/tags', null],
  ['nobody, where anybody valid may', 'GET', '/api/version', null],
  ['a good key', 'GET', '/api/tags', ada],
  ['HEAD', 'HEAD', '/api/version', ada],
  ['OPTIONS', 'OPTIONS', '/api/tags', ada],
  ['a reader who reads', 'GET', '/api/tags', reader],
  ['a reader who uses', 'POST', '/api/chat', reader, 'demo'],
  ['a user', 'POST', '/api/chat', ada, 'demo'],
  ['a user without a model', 'POST', '/api/chat', ada],
  ['a model of the vendor', 'POST', '/api/chat', ada, 'gpt-oss:120b-cloud'],
  ['a user who manages', 'DELETE', '/api/delete', ada, 'demo'],
  ['an expired key', 'GET', '/api/tags', expired],
  ['a disabled key', 'GET', '/api/tags', disabled],
  ['a key of another service', 'GET', '/api/tags', elsewhere],
  ['a key of another address', 'GET', '/api/tags', away],
  ['a key of a page', 'GET', '/api/tags', paged],
  ['a limited key, its model', 'POST', '/api/chat', limited, 'demo'],
  ['a limited key, another model', 'POST', '/api/chat', limited, 'other'],
  ['a limited key, no model', 'POST', '/api/generate', limited],
  ['a budget of tokens', 'POST', '/api/chat', counted, 'demo'],
  ['an endpoint for nobody', 'POST', '/api/me', admin],
  ['an unlisted path', 'GET', '/api/nothing', admin],
  ['an encoded path', 'GET', '/api/t%61gs', admin],
  ['a double slash', 'GET', '//api/tags', admin],
  ['a refused query', 'GET', '/api/tags?model=x', admin],
]

const toRow = ([name, method, path, key, model]: Row) => [name, method, path, key, model] as const

type Verdict = { readonly isAllowed: boolean; readonly reason: unknown; readonly check: unknown }

describe.skipIf(testCaddy === null)('npm run explain', () => {
  let stack: Stack
  let files: Offline
  const folder = mkdtempSync(join(tmpdir(), 'gk explain '))
  beforeAll(async () => {
    stack = await startStack({ keys })
    const gateway = loadGateway(settings(), readText)
    files = await openOffline({ settings: settings(), gateway })
  })
  afterAll(async () => {
    await files?.close()
    await stack?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  const settings = () =>
    readSettings({
      ...{ env: stack.env, folder: root, platform: process.platform },
      readFile: (path) => readFileSync(path, 'utf8'),
    }).settings
  const readText = (path: string) => readFileSync(path, 'utf8')
  const question = (method: string, target: string, caller: ExplainCaller, model?: string) => ({
    ...{ method, target, caller, model: model ?? null, origin: null },
    ...{ host: `localhost:${stack.httpsPort}`, clientAddress: '127.0.0.1' },
  })
  const live = (asked: ExplainQuestion) => askLive(asked, settings().explainListen)
  const offline = (asked: ExplainQuestion) => files.ask(asked)
  const whoOf = (key: TestKey | null): ExplainCaller =>
    key === null ? { kind: 'anonymous' } : { kind: 'key', id: key.id }

  /** The log line of the one request that is sent now. */
  const decide = async (method: string, path: string, key: TestKey | null, model?: string) => {
    const before = decisionsOf(stack).length
    const json = {
      ...(model !== undefined && { model }),
      ...{ messages: [{ role: 'user', content: 'x' }], prompt: 'x', stream: false },
    }
    await stack.send(path, {
      ...{ method, ...(key !== null && { key: key.key }) },
      ...(['POST', 'DELETE'].includes(method) && path !== '/ollama/api/me' && { json }),
    })
    await waitUntil(() => decisionsOf(stack).length > before, {
      ...{ limitMs: 15_000, describe: stack.gatekeeper.output },
    })
    const line = decisionsOf(stack)[before]
    const isAllowed = line?.outcome !== 'deny'
    return {
      isAllowed,
      reason: isAllowed ? null : line?.reason,
      check: isAllowed ? null : line?.['check'],
    } satisfies Verdict
  }
  const verdictOf = ({ isAllowed, reason, check }: Verdict): Verdict => ({
    ...{ isAllowed, reason, check },
  })

  describe.each(['/chat', '/ollama'])('predicts the result below %s', (prefix) => {
    it.each(rows.map(toRow))('%s', async (_, method, path, key, model) => {
      const asked = question(method, `${prefix}${path}`, whoOf(key), model)
      const said = [await live(asked), await offline(asked)]
      const real = await decide(method, `${prefix}${path}`, key, model)
      expect(said.map(({ verdict }) => verdictOf(verdict))).toEqual([real, real])
    })
  })

  it('and for a given credential, in any state', async () => {
    for (const key of [ada, expired, disabled]) {
      const caller = { kind: 'credential', credential: key.key } as const
      const asked = question('GET', '/ollama/api/tags', caller)
      const real = await decide('GET', '/ollama/api/tags', key)
      expect(verdictOf((await live(asked)).verdict)).toEqual(real)
      expect(verdictOf((await offline(asked)).verdict)).toEqual(real)
    }
  })

  it('reaches no upstream and charges nothing; live it knows the used limits', async () => {
    const asked = question('POST', '/ollama/api/chat', whoOf(daily), 'demo')
    stack.upstream.reset()
    for (let turn = 0; turn < 5; turn++) {
      const { verdict, limits, isCounted } = await live(asked)
      expect(verdict.isAllowed).toBe(true)
      expect({ isCounted, used: limits[0]?.used }).toEqual({ isCounted: true, used: 0 })
    }
    expect(stack.upstream.requests).toBe(0)
    await decide('POST', '/ollama/api/chat', daily, 'demo')
    await decide('POST', '/ollama/api/chat', daily, 'demo')
    const real = await decide('POST', '/ollama/api/chat', daily, 'demo')
    const { verdict, written } = await live(asked)
    expect(real).toMatchObject({ isAllowed: false, reason: 'quota-exceeded' })
    expect(verdictOf(verdict)).toEqual(real)
    expect(verdict).toMatchObject({ limit: 'key 2/day', status: 429 })
    expect(written).toEqual([{ file: 'keys', path: ['keys', daily.id, 'limits'] }])
    // The files do not contain it, and the result says so.
    expect(await offline(asked)).toMatchObject({ isCounted: false, verdict: { isAllowed: true } })
  })

  it.each([
    ['GET', '/ollama/api/tags', elsewhere, 'keys', '"services"'],
    ['POST', '/ollama/api/chat', reader, 'keys', '"role"'],
    ['GET', '/ollama/api/tags', away, 'keys', '"addresses"'],
    ['GET', '/ollama/api/tags', disabled, 'keys', '"disabled"'],
    ['GET', '/ollama/api/tags', expired, 'keys', '"expiresAt"'],
    ['POST', '/chat/api/chat', limited, 'gateway', 'prefix: /chat'],
  ] as const)('%s %s names the line that decided', async (method, target, key, file, text) => {
    const { written } = await live(question(method, target, whoOf(key), 'demo'))
    const installation = openInstallation(settings(), { clock: systemClock, readText })
    const [place = ''] = describePlaces(written.slice(0, 1), { ...installation, readText })
    const [, path = '', line] = /^(.*?):(\d+) /.exec(place) ?? []
    expect(path).toBe(file === 'keys' ? stack.keysFile : stack.env['GATEKEEPER_CONFIG'])
    expect(readText(path).split('\n')[Number(line) - 1]).toContain(text)
  })

  it('listens on a socket for this user only', async () => {
    const listen = settings().explainListen
    expect(listen?.kind === 'unix' && statSync(listen.path).mode & 0o777).toBe(0o600)
  })

  it('offline creates nothing in the state folder', async () => {
    const stateDir = join(folder, 'untouched')
    const env = { ...stack.env, GATEKEEPER_STATE_DIR: stateDir }
    const { status, stderr } = run(['--key', ada.id, 'GET', '/ollama/api/tags'], env)
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(readdirSync(folder)).toEqual([])
  })

  const run = (words: readonly string[], env = stack.env) =>
    spawnSync(process.execPath, [join(root, 'scripts/explain.ts'), ...words], {
      ...{ encoding: 'utf8', env: { ...env }, timeout: 120_000 },
    })

  it('prints a text for people and sets its exit code; a credential stays in its file', async () => {
    const file = join(folder, 'credential')
    writeFileSync(file, `${reader.key}\n`)
    const refused = run(['--live', '--token', file, 'POST', '/ollama/api/chat', '--model', 'demo'])
    rmSync(file)
    expect(refused.status).toBe(1)
    expect(refused.stdout).toMatch(/granted-class +NO +class-not-granted +key:/)
    expect(refused.stdout).toContain('REFUSED with 403 by the check granted-class')
    expect(refused.stdout).toMatch(/written in .*keys\.json:\d+ keys\./)
    expect(refused.stdout + refused.stderr).not.toContain(reader.key.slice(14))
    expect(stack.gatekeeper.output()).not.toContain(reader.key.slice(14))
    const document = JSON.parse(run(['--json', 'GET', '/ollama/api/tags']).stdout)
    expect(document.verdict).toMatchObject({ reason: 'no-credential', status: 401 })
  })

  it('bad usage is 64', () => {
    const { status, stderr } = run(['GET'])
    expect(status).toBe(64)
    expect(stderr).toContain('--help')
  })
})
