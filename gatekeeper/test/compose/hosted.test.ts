/**
 * The hosted image on a real engine (W10): built from this tree, started with the two settings and
 * what a platform's file sets, in front of a fake provider.
 */
import path from 'node:path'
import { request } from 'undici'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCommand } from '../real/parts/command.ts'
import { waitUntil } from '../support/child.ts'
import { testCaddy } from '../support/stack.ts'
import { type Engine, startEngine } from './engine/engine.ts'
import { caddyRoot, importImage, nodeRoot } from './engine/images.ts'
import { installEngine, requireKernel } from './engine/tools.ts'
import { makeClone, readPins } from './support/deployment.ts'

const log = (line: string) => void process.stderr.write(`hosted: ${line}\n`)
const image = 'gatekeeper-hosted:test'
const shop = 'https://shop.example'
const port = 10_000

/** Answers every request as OpenAI does. */
const provider = `require("http").createServer((q, a) => { q.resume(); q.on("end", () => {
  a.setHeader("content-type", "application/json");
  a.end(JSON.stringify({ model: "m", choices: [{ message: { role: "assistant", content: "Hello there" } }],
    usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 } })) }) }).listen(9999, "127.0.0.1")`

async function isPossible(): Promise<boolean> {
  try {
    if (testCaddy === null) throw new Error('GATEKEEPER_TEST_CADDY names no Caddy')
    await installEngine(log)
    await requireKernel()
    return true
  } catch (error) {
    process.stderr.write(`SKIPPED: no Docker engine: ${(error as Error).message}\n`)
    return false
  }
}

const isHere = await isPossible()

describe.skipIf(!isHere)('the hosted image on a real engine', { timeout: 120_000 }, () => {
  let engine: Engine
  beforeAll(async () => {
    engine = await startEngine(async (builder) => {
      const clone = path.join(builder.folder, 'clone')
      await makeClone(clone)
      const pins = await readPins(clone)
      await importImage(
        pins.caddy,
        await caddyRoot(builder.folder, testCaddy ?? '', log),
        builder.env,
      )
      await importImage(pins.node, await nodeRoot(builder.folder, log), builder.env)
      const words = ['build', '--quiet', '--network', 'host', '-t', image]
      await runCommand('docker', [...words, '-f', 'deploy/hosted/Dockerfile', '.'], {
        ...{ cwd: clone, timeoutSeconds: 300, env: { ...builder.env }, log },
      })
      await builder.docker('tag', pins.node, 'provider:test')
    }, log)
    const settings = [
      ...['OPENAI_API_KEY=account-key-of-openai-0123456789', `ALLOWED_ORIGIN=${shop}`],
      // What a platform and its file set, and the way to the fake provider.
      ...[`PORT=${port}`, 'GATEKEEPER_TRUSTED_PROXIES=172.16.0.0/12'],
      ...['RENDER_EXTERNAL_HOSTNAME=chat.example.com', 'OPENAI_BASE_URL=http://127.0.0.1:9999/v1'],
    ].flatMap((setting) => ['-e', setting])
    await engine.docker(
      'run',
      '-d',
      '--name',
      'hosted',
      '-p',
      `${port}:${port}`,
      ...settings,
      image,
    )
    const beside = ['--network', 'container:hosted', 'provider:test', 'node', '-e', provider]
    await engine.docker('run', '-d', '--name', 'provider', ...beside)
    let seen = ''
    await waitUntil(
      async () => {
        seen = await engine.docker('logs', 'hosted')
        return seen.includes('\nready ')
      },
      { limitMs: 90_000, describe: () => seen },
    )
  }, 600_000)
  afterAll(() => engine?.stop(), 120_000)

  async function send(target: string, token?: string, json: object = {}) {
    const answer = await request(`http://${engine.network.engineAddress}:${port}${target}`, {
      method: 'POST',
      headers: {
        ...{ host: 'chat.example.com', origin: shop, 'x-forwarded-proto': 'https' },
        ...{ 'x-forwarded-for': '203.0.113.7', 'content-type': 'application/json' },
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify(json),
    })
    return { status: answer.statusCode, text: await answer.body.text() }
  }

  it('gives a token and an answer', async () => {
    const given = await send('/widget/api/tokens')
    expect(given.status).toBe(201)
    const { token } = JSON.parse(given.text) as { token: string }
    const json = { messages: [{ role: 'user', content: 'Hello' }] }
    const answer = await send('/api/chat', token, json)
    expect(answer).toMatchObject({ status: 200, text: expect.stringContaining('Hello there') })
  })

  it('serves the files of the chat, whose line the log has', async () => {
    const address = /src="https:\/\/chat\.example\.com(\/widget\/[^"]+)"/.exec(
      await engine.docker('logs', 'hosted'),
    )?.[1]
    const answer = await request(`http://${engine.network.engineAddress}:${port}${address}`)
    expect(answer.statusCode).toBe(200)
    expect(await answer.body.text()).toContain('gatekeeper-chat')
  })

  it('runs as a user without rights, and logs no secret and nothing to stderr', async () => {
    expect((await engine.docker('exec', 'hosted', 'id', '-u')).trim()).toBe('1000')
    const words =
      'docker logs hosted 2>&1 >/dev/null; docker logs hosted 2>&1 | grep -c account-key || true'
    const text = await runCommand('sh', ['-c', words], {
      timeoutSeconds: 30,
      env: { ...engine.env },
    })
    expect(text.trim()).toBe('0')
  })

  it('has no tests, no keys, and neither the console nor its bundler', async () => {
    const find = `find /app -name '*.test.ts' -not -path '*/node_modules/*' -o -name keys.json -o -name .env`
    expect(await engine.docker('exec', 'hosted', 'sh', '-c', find)).toBe('')
    expect((await engine.docker('exec', 'hosted', 'ls', '/app')).split('\n')).not.toContain(
      'console',
    )
    const there = 'ls node_modules | grep -c rolldown || true'
    expect((await engine.docker('exec', 'hosted', 'sh', '-c', there)).trim()).toBe('0')
  })

  it('ends in order when the platform stops it', async () => {
    await engine.docker('stop', '-t', '25', 'hosted')
    const state = await engine.docker('inspect', '-f', '{{.State.ExitCode}}', 'hosted')
    expect(state.trim()).toBe('0')
  })
})
