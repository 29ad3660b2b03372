import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { request } from 'undici'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { waitUntil } from '../support/child.ts'
import { freePort } from '../support/free-port.ts'
import { makeKey } from '../support/keys.ts'
import { type Stack, startStack, testCaddy } from '../support/stack.ts'

const ada = makeKey()
const token = 'scraper-0123456789abcdef01234567'
const json = { model: 'demo', messages: [{ role: 'user', content: 'x' }], stream: false }

describe.skipIf(testCaddy === null)('the ops listener, opened for scraping', () => {
  let stack: Stack
  let port = 0
  const folder = mkdtempSync(join(tmpdir(), 'gk metrics '))
  beforeAll(async () => {
    const file = join(folder, 'token')
    writeFileSync(file, `${token}\n`)
    port = await freePort()
    const env = { GATEKEEPER_OPS_LISTEN: `0.0.0.0:${port}`, GATEKEEPER_METRICS_TOKEN_FILE: file }
    stack = await startStack({ keys: [ada], env })
  })
  afterAll(async () => {
    await stack?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  const ask = async (path: string, headers: Readonly<Record<string, string>> = {}) => {
    const answer = await request(`http://127.0.0.1:${port}${path}`, { headers })
    return { status: answer.statusCode, text: await answer.body.text() }
  }
  const scrape = () =>
    ask('/metrics', { authorization: `Bearer ${token}`, host: 'gatekeeper:9003' })
  /** The sum of all series of a name whose labels hold all these. */
  const figure = (text: string, name: string, ...labels: string[]) =>
    text
      .split('\n')
      .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
      .filter((line) => labels.every((label) => line.includes(label)))
      .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0)

  it('gives no metrics without the token', async () => {
    expect((await ask('/metrics')).status).toBe(401)
    expect((await ask('/metrics', { authorization: `Bearer ${ada.key}` })).status).toBe(401)
    expect((await ask(`/metrics?access_token=${token}`)).status).toBe(401)
  })

  it('counts what happens at both points, and a client cannot make a series', async () => {
    const chat = () => stack.send('/ollama/api/chat', { key: ada.key, json })
    const all = async () => {
      expect((await chat()).status).toBe(200)
      expect((await stack.send('/chat/api/tags', { key: ada.key })).status).toBe(200)
      expect((await stack.send('/ollama/api/tags')).status).toBe(401)
    }
    const seriesOf = (text: string) => text.split('\n').filter((line) => !line.startsWith('#'))
    await all()
    const settled = async () => {
      const { text } = await scrape()
      return figure(text, 'gatekeeper_decisions_total') >= 3
    }
    await waitUntil(settled, { limitMs: 15_000, describe: stack.gatekeeper.output })
    const { text: before } = await scrape()
    const of = 'service="ollama"'
    expect(figure(before, 'gatekeeper_decisions_total', of, '"allow"', '"relay"')).toBe(1)
    expect(figure(before, 'gatekeeper_decisions_total', of, '"allow"', '"check"')).toBe(1)
    expect(figure(before, 'gatekeeper_decisions_total', of, 'reason="no-credential"')).toBe(1)
    expect(figure(before, 'gatekeeper_first_byte_seconds_count', of)).toBe(1)
    expect(figure(before, 'gatekeeper_queue_wait_seconds_count', of)).toBe(1)
    expect(figure(before, 'gatekeeper_tokens_total', of, 'direction="output"')).toBeGreaterThan(0)
    expect(figure(before, 'gatekeeper_answer_bytes_total', of)).toBeGreaterThan(0)
    expect(figure(before, 'gatekeeper_degraded')).toBe(0)
    expect(figure(before, 'gatekeeper_keys')).toBe(1)

    for (let turn = 0; turn < 20; turn++) {
      const path = `/ollama/api/tags?x=${turn}`
      await stack.send(path, { headers: { 'user-agent': `own-${turn}`, 'x-own': 'own' } })
    }
    await all()
    await waitUntil(async () => figure((await scrape()).text, 'gatekeeper_decisions_total') >= 26, {
      limitMs: 15_000,
      describe: stack.gatekeeper.output,
    })
    const { text: after } = await scrape()
    expect(seriesOf(after).length).toBe(seriesOf(before).length)
    expect(after).not.toContain('own')
  })

  it('names the part that is stale, and the metrics show it', async () => {
    writeFileSync(stack.keysFile, '{')
    const ready = async () => JSON.parse((await ask('/readyz')).text)
    await waitUntil(async () => (await ready()).status === 'degraded', {
      ...{ limitMs: 15_000, describe: stack.gatekeeper.output },
    })
    expect(await ready()).toMatchObject({ status: 'degraded', degraded: ['keys'] })
    expect(figure((await scrape()).text, 'gatekeeper_degraded', 'part="keys"')).toBe(1)
  })
})
