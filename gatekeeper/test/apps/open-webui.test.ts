import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createApiKey } from '../../src/api-keys/api-key.ts'
import { areAvailable } from '../real/support/provision.ts'
import { waitUntil } from '../support/child.ts'
import type { DecisionLine } from '../support/decisions.ts'
import { makeKey } from '../support/keys.ts'
import { type AppGate, hasOllama, openAppGate } from './support/app-gate.ts'
import { webuiProgram } from './support/installed.ts'
import { startWebui, type Webui, type WebuiAnswer } from './support/open-webui.ts'

const isAvailable = await areAvailable(webuiProgram)
const isReal = isAvailable && (await hasOllama())
const toldWithinMs = 5_000
const pieces = 100

const good = makeKey({ user: 'ada' })
const usedUp = makeKey({ user: 'una', limits: ['1/month'] })

describe.skipIf(!isAvailable)('Open WebUI, through the gate', { timeout: 240_000 }, () => {
  let gate: AppGate
  let webui: Webui
  beforeAll(async () => {
    gate = await openAppGate(isReal, { keys: [good, usedUp] })
    const json = { model: gate.model, messages: [{ role: 'user', content: 'x' }], stream: false }
    const { status, text } = await gate.stack.send('/api/chat', { key: usedUp.key, json })
    expect(status, text).toBe(200)
    webui = await startWebui(gate.stack)
  }, 480_000)
  afterAll(async () => {
    await webui?.stop()
    await gate?.stop()
  })

  /** The decisions of the gatekeeper during `act`, once all of them are logged. */
  const watch = async (act: () => Promise<WebuiAnswer>) => {
    const { decisions, stack } = gate
    const before = decisions.length
    const answer = await act()
    const { headers } = await stack.send('/api/tags', { key: good.key })
    const isLogged = () => decisions.some(({ requestId }) => requestId === headers['x-request-id'])
    await waitUntil(isLogged, { limitMs: 20_000, describe: webui.output })
    return { answer, asked: decisions.slice(before, -1) }
  }

  const chat = (model: string) =>
    webui.post('/api/chat/completions', {
      ...{ model, stream: false },
      messages: [{ role: 'user', content: 'hello' }],
    })

  /** The state of an uploaded document, as its page shows it. */
  const stateOf = async ({ text }: WebuiAnswer) => {
    const { id } = JSON.parse(text) as { id: string }
    const file = await webui.get(`/api/v1/files/${id}`)
    return (JSON.parse(file.text) as { data: object }).data
  }

  /** Lists the models first, as its page does: an unlisted model cannot be used. */
  const chatWith = async (key: string, prefix = '') => {
    await webui.connect(key)
    await webui.post('/api/models/refresh', {}).catch(() => null)
    const listed = await webui.get('/api/models')
    const name =
      prefix === ''
        ? new RegExp(`"(${gate.model}(:latest)?)"`)
        : new RegExp(`"(openai\\.${gate.model}[^"]*)"`)
    return await watch(() => chat(name.exec(listed.text)?.[1] ?? `${prefix}${gate.model}`))
  }

  it.each([
    ['as Ollama', '', '/api/chat'],
    ['as OpenAI', 'openai.', '/v1/chat/completions'],
  ])('a question is answered, %s', async (name, prefix, path) => {
    const { answer, asked } = await chatWith(good.key, prefix)
    note(`first answer, ${name}`, answer, asked)
    expect(answer.status, answer.text + webui.output()).toBe(200)
    expect(JSON.parse(answer.text)).toMatchObject({
      choices: [{ message: { content: expect.any(String) } }],
    })
    expect(asked.map((line) => line.path)).toContain(path)
  })

  it('a wrong key is reported when a connection is tried', async () => {
    const connection = { url: gate.stack.url, key: createApiKey().key }
    const { answer, asked } = await watch(() => webui.post('/ollama/verify', connection))
    note('a wrong key', answer, asked)
    expect(answer.text).toContain('is not valid')
    expectSoon(answer, asked)
    expect(asked).toHaveLength(1)
  })

  it.each([
    ['as Ollama', ''],
    ['as OpenAI', 'openai.'],
  ])('a used-up quota is reported within 5 s, %s', async (name, prefix) => {
    const { answer, asked } = await chatWith(usedUp.key, prefix)
    note(`a used-up quota, ${name}`, answer, asked)
    expect(answer.text).toMatch(/used up|are left/)
    expectSoon(answer, asked)
    expect(asked.filter(({ outcome }) => outcome === 'deny')).toHaveLength(1)
  })

  it(`a document of ${pieces} pieces is embedded: all at once, with one key`, async () => {
    const set = await webui.connectDocuments(good.key, gate.model)
    expect(set.status, set.text).toBe(200)
    const { answer, asked } = await watch(() => webui.upload('pieces.txt', documentOf(pieces)))
    note(`a document of ${pieces} pieces`, answer, asked)
    const embedded = asked.filter((line) => line.path === '/api/embed')
    expect(answer.status, answer.text + webui.output().slice(-3_000)).toBe(200)
    expect(embedded.map(({ status }) => status)).toEqual(embedded.map(() => 200))
    expect(embedded.length).toBeGreaterThanOrEqual(pieces)
    expect(await stateOf(answer)).toMatchObject({ status: 'completed' })
    expect(mostAtOnce(embedded)).toBeGreaterThan(pieces / 2)
  })

  it('a document whose key has no quota left is refused, with the reason', async () => {
    await webui.connectDocuments(usedUp.key, gate.model)
    const { answer, asked } = await watch(() => webui.upload('more.txt', documentOf(3)))
    note('a document without a quota', answer, asked)
    expect(await stateOf(answer)).toMatchObject({
      ...{ status: 'failed', error: expect.stringMatching(/used up|are left/) },
    })
    expectSoon(answer, asked)
  })
})

function expectSoon({ at }: WebuiAnswer, asked: readonly DecisionLine[]): void {
  const refused = asked.find(({ outcome }) => outcome === 'deny')
  expect(refused).toBeDefined()
  expect(at - Date.parse(String(refused?.['time']))).toBeLessThan(toldWithinMs)
}

/** How many of these requests were open at the same moment, most of them waiting. */
function mostAtOnce(lines: readonly DecisionLine[]): number {
  const spans = lines.map((line) => {
    const end = Date.parse(String(line['time']))
    return { begin: end - Number(line['durationMs']), end }
  })
  const countAt = (at: number) => spans.filter(({ begin, end }) => begin <= at && at < end).length
  return Math.max(...spans.map(({ begin }) => countAt(begin)))
}

/** Each paragraph is as long as a piece may be, so that no two are put together. */
function documentOf(count: number): string {
  const paragraph = (index: number) => `Piece ${index}: `.padEnd(940, 'the quick brown fox jumps. ')
  return Array.from({ length: count }, (_, index) => paragraph(index)).join('\n\n')
}

/** One line of figures for each act: this suite is also read for them. */
function note(what: string, { status, text, at }: WebuiAnswer, asked: readonly DecisionLine[]) {
  const refused = asked.find(({ outcome }) => outcome === 'deny')
  const after = refused && `told after ${(at - Date.parse(String(refused['time']))) / 1000} s`
  const kinds = Object.entries(
    Object.groupBy(asked, ({ method, path, status }) => `${method} ${path} ${status}`),
  ).map(([kind, lines]) => `${lines?.length} × ${kind}`)
  const words = [`${asked.length} asks [${kinds.join(', ')}]`, after, `${status} ${text}`]
  process.stdout.write(
    `APPS Open WebUI: ${what}: ${words.filter(Boolean).join('; ').slice(0, 900)}\n`,
  )
}
