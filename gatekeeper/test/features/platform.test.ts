/**
 * The hosted image's entry with the real Caddy, as at a platform that ends TLS (W10). Its proxy is
 * 127.0.0.1 here; another process of the platform's network is 127.0.0.2.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Child, startChild, waitUntil } from '../support/child.ts'
import { freePort } from '../support/free-port.ts'
import { testCaddy } from '../support/stack.ts'
import { answerPlainly, hello, type Model, shop, startModel } from './support/widget-stack.ts'

const root = resolve(import.meta.dirname, '../../..')
const proxy = '127.0.0.1'
const stranger = '127.0.0.2'
const name = 'chat.example.com'

type Options = {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: object
  /** The address from which the connection comes. */
  readonly from?: string
}

/** Starts the entry with the two settings, and what the platform's file sets. */
function startEntry(env: Readonly<Record<string, string>>): {
  child: Child
  stop: () => Promise<void>
} {
  const folder = mkdtempSync(join(tmpdir(), 'gk-hosted-'))
  const child = startChild(process.execPath, [join(root, 'scripts/hosted.ts')], {
    ...{ PATH: process.env['PATH'], HOME: folder, GATEKEEPER_CADDY: testCaddy ?? '' },
    GATEKEEPER_STATE_DIR: join(folder, 'state'),
    GATEKEEPER_KEYS_DIR: join(folder, 'keys'),
    GATEKEEPER_VAULT_DIR: join(folder, 'vault'),
    GATEKEEPER_CONFIG: join(root, 'deploy/hosted/gatekeeper.yaml'),
    ...{ GATEKEEPER_TLS: 'platform', GATEKEEPER_TRUSTED_PROXIES: `${proxy}/32` },
    ...{ OPENAI_API_KEY: 'account-key-of-openai-0123456789', ALLOWED_ORIGIN: shop },
    ...env,
  })
  const stop = async () => {
    await child.stop()
    rmSync(folder, { recursive: true, force: true })
  }
  return { child, stop }
}

const endOf = (child: Child) =>
  waitUntil(() => child.process.exitCode !== null, { limitMs: 50_000, describe: child.output })

describe.skipIf(testCaddy === null)('at a platform that ends TLS', () => {
  let model: Model
  let entry: ReturnType<typeof startEntry>
  let port = 0
  beforeAll(async () => {
    model = await startModel()
    port = await freePort()
    entry = startEntry({
      ...{ PORT: String(port), OPENAI_BASE_URL: `${model.url}/v1` },
      RENDER_EXTERNAL_HOSTNAME: name,
    })
    const { child } = entry
    await waitUntil(() => child.output().includes('\nready '), {
      ...{ limitMs: 90_000, child, describe: child.output },
    })
  }, 120_000)
  afterAll(async () => {
    await entry?.stop()
    model?.close()
  })

  async function send(path: string, { method = 'GET', headers, body, from = proxy }: Options = {}) {
    return await new Promise<{
      status: number
      headers: Readonly<Record<string, string | string[] | undefined>>
      text: string
    }>((done, fail) => {
      const outgoing = request(
        {
          ...{ host: '127.0.0.1', port, path, method, localAddress: from, agent: false },
          headers: {
            ...{ host: name, 'x-forwarded-proto': 'https' },
            ...(body !== undefined && { 'content-type': 'application/json' }),
            ...headers,
          },
        },
        (answer) => {
          let text = ''
          answer.setEncoding('utf8').on('data', (part) => {
            text += part
          })
          answer.on('end', () =>
            done({ status: answer.statusCode ?? 0, headers: answer.headers, text }),
          )
        },
      )
      outgoing.on('error', fail)
      outgoing.end(body === undefined ? undefined : JSON.stringify(body))
    })
  }

  const askToken = (address: string, from: string) =>
    send('/widget/api/tokens', {
      ...{ method: 'POST', from, body: {} },
      headers: { origin: shop, 'x-forwarded-for': address },
    })

  it('says its address and the line for a page, and that it is ready', () => {
    const output = entry.child.output()
    expect(output).toContain(`\nready https://${name}`)
    expect(output).toContain(`src="https://${name}/widget/`)
    expect(output).not.toContain('account-key-of-openai')
  })

  it('gives a token and an answer, at the paths of the older system too', async () => {
    model.answer = answerPlainly
    for (const prefix of ['/widget/api', '/api']) {
      const given = await send(`${prefix}/tokens`, {
        ...{ method: 'POST', body: {}, headers: { origin: shop } },
      })
      expect(given.status).toBe(201)
      const { token } = JSON.parse(given.text) as { token: string }
      const answer = await send(`${prefix}/chat`, {
        ...{ method: 'POST', body: hello },
        headers: { origin: shop, authorization: `Bearer ${token}` },
      })
      expect(JSON.parse(answer.text)).toMatchObject({ content: 'Hello there' })
    }
  })

  it('tells browsers to use https only, under every name and with every answer', async () => {
    for (const host of [name, 'www.shop.example', 'localhost']) {
      for (const path of ['/health', '/nothing-here']) {
        const { headers } = await send(path, { headers: { host } })
        expect(headers['strict-transport-security']).toBe('max-age=31536000')
      }
    }
  })

  it.each(['http', 'HTTP', 'https,http', 'ws'])(
    'refuses what came to the platform by "%s", before anything else',
    async (proto) => {
      for (const path of ['/widget/api/token', '/api/chat', '/v1/models', '/oauth/token', '/x']) {
        const before = model.seen.length
        const { status, headers, text } = await send(path, {
          headers: { 'x-forwarded-proto': proto, authorization: 'Bearer x', origin: shop },
        })
        expect(status).toBe(400)
        expect(text).toContain('Use https:// in the address')
        expect(headers['location']).toBeUndefined()
        expect(model.seen).toHaveLength(before)
      }
    },
  )

  it('answers a health check of the platform, which names no scheme', async () => {
    const { status } = await send('/health', {
      headers: { host: '10.1.2.3', 'x-forwarded-proto': '' },
    })
    expect(status).toBe(200)
  })

  it('the address of a trusted proxy’s client counts: clients have a limit each', async () => {
    const statuses: number[] = []
    for (let client = 1; client <= 12; client++) {
      statuses.push((await askToken(`198.51.100.${client * 20}`, proxy)).status)
    }
    expect(statuses).toEqual(Array(12).fill(201))
  })

  it('what a client adds in front of its own address changes nothing', async () => {
    const statuses: number[] = []
    for (let turn = 1; turn <= 12; turn++) {
      statuses.push((await askToken(`192.0.2.${turn}, 203.0.113.77`, proxy)).status)
    }
    expect(statuses).toEqual([...Array(10).fill(201), 429, 429])
  })

  it('an address that another peer states changes nothing', async () => {
    const statuses: number[] = []
    for (let turn = 1; turn <= 12; turn++) {
      statuses.push((await askToken(`198.18.${turn}.7`, stranger)).status)
    }
    expect(statuses).toEqual([...Array(10).fill(201), 429, 429])
  })

  it('a field that the platform does not set is not read, and never gets to the provider', async () => {
    const statuses: number[] = []
    for (let turn = 1; turn <= 12; turn++) {
      const address = `198.19.${turn}.7`
      const given = await send('/widget/api/tokens', {
        ...{ method: 'POST', body: {} },
        headers: {
          ...{ origin: shop, 'x-forwarded-for': '203.0.113.9' },
          ...{ 'cf-connecting-ip': address, 'x-real-ip': address, forwarded: `for=${address}` },
        },
      })
      statuses.push(given.status)
    }
    expect(statuses).toEqual([...Array(10).fill(201), 429, 429])
    const sent = model.seen.flatMap(({ headers }) => Object.keys(headers))
    expect(sent.filter((field) => /forwarded|real-ip|connecting|gatekeeper/.test(field))).toEqual(
      [],
    )
  })

  it('has no console, and says 404 to what nobody has named', async () => {
    expect((await send('/nothing-here')).status).toBe(404)
    expect((await send('/admin/v1/session')).status).not.toBe(200)
  })

  it('ends when one of the two ends, so that the platform starts it again', async () => {
    const { pid } = entry.child.process
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')
    const caddy = children.find((one) =>
      readFileSync(`/proc/${one}/cmdline`, 'utf8').includes('caddy'),
    )
    process.kill(Number(caddy), 'SIGKILL')
    await endOf(entry.child)
    expect(entry.child.output()).toMatch(/Caddy ended \(SIGKILL\), so everything stops/)
    expect(entry.child.process.exitCode).toBe(70)
  })
})

describe.skipIf(testCaddy === null)('the entry refuses to start', () => {
  it.each<[string, Record<string, string>, RegExp]>([
    ['without ranges of proxies', { GATEKEEPER_TRUSTED_PROXIES: '' }, /GATEKEEPER_TRUSTED_PROXIES/],
    ['for everybody', { GATEKEEPER_TRUSTED_PROXIES: '0.0.0.0/0' }, /choose its own address/],
    [
      'without a platform',
      { GATEKEEPER_TLS: '', GATEKEEPER_TRUSTED_PROXIES: '' },
      /never ends TLS/,
    ],
    ['with a console', { GATEKEEPER_CONSOLE: 'on' }, /has no console/],
    ['without a page', { ALLOWED_ORIGIN: '' }, /names no page that may use it/],
  ])('%s', async (_, env, message) => {
    const { child, stop } = startEntry({ PORT: String(await freePort()), ...env })
    try {
      await endOf(child)
      expect(child.process.exitCode).toBe(78)
      expect(child.output()).toMatch(message)
    } finally {
      await stop()
    }
  })
})
