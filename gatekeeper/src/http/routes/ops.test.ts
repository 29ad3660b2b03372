import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { networkInterfaces } from 'node:os'
import { afterEach, describe, expect, it } from 'vitest'
import { createApplication } from '../koa.ts'
import { type OpsDeps, opsHandlers } from './ops.ts'

const closing: (() => void)[] = []
afterEach(() => {
  for (const close of closing.splice(0)) close()
})

const token = 'scraper-0123456789abcdef0123'
const problem = { source: '/keys/keys.json', what: 'is not valid JSON', remedy: 'Correct it.' }

type Asked = { readonly path: string; readonly fields: readonly string[]; readonly from?: string }

/** Sends a request to an ops listener as a client would, with exactly these fields. */
async function ask({ path, fields, from = '127.0.0.1' }: Asked, deps: Partial<OpsDeps> = {}) {
  const all: OpsDeps = {
    notes: () => [],
    parts: () => ({ keys: [problem], audit: [] }),
    isDraining: () => false,
    renderMetrics: async () => ({ text: 'figures 1\n', contentType: 'text/plain; version=0.0.4' }),
    ...{ metricsToken: null, hosts: ['ai.example'] },
    ...deps,
  }
  const server = createServer(createApplication(opsHandlers(all), () => {}).callback())
  await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve))
  closing.push(() => void server.close())
  const socket = connect((server.address() as AddressInfo).port, from)
  socket.end([`GET ${path} HTTP/1.1`, ...fields, 'Connection: close', '', ''].join('\r\n'))
  let text = ''
  for await (const chunk of socket) text += chunk
  return { status: Number(text.slice(9, 12)), text }
}

const own = ['Host: localhost']
const shown = (text: string) => ['Host: prometheus-target:9003', `Authorization: ${text}`]

describe('the ops listener', () => {
  it('lists every part that is stale, with the problem and the fix', async () => {
    const { status, text } = await ask({ path: '/readyz', fields: own })
    expect(status).toBe(200)
    expect(JSON.parse(text.slice(text.indexOf('{')))).toEqual({
      status: 'degraded',
      degraded: ['keys'],
      problems: ['/keys/keys.json: is not valid JSON. Correct it.'],
    })
  })

  it('lists settings that are probably mistakes, to this machine only, without a key', async () => {
    const key = `gk_${'a'.repeat(10)}_${'b'.repeat(49)}`
    const what = `key x names the service "${key}", which does not exist`
    const notes = () => [{ source: '/keys/keys.json', what, remedy: 'Correct the name.' }]
    const parts = () => ({ keys: [] })
    const { text } = await ask({ path: '/readyz', fields: own }, { parts, notes })
    expect(text).toContain('"status":"ok"')
    expect(text).toContain('"notes":["/keys/keys.json: key x names the service')
    expect(text).not.toContain('bbb')
  })

  it('is ok when nothing is stale, and 503 while it drains', async () => {
    const parts = () => ({ keys: [] })
    const ready = await ask({ path: '/readyz', fields: own }, { parts })
    expect(ready.text).toContain('"status":"ok"')
    const draining = await ask({ path: '/readyz', fields: own }, { isDraining: () => true })
    expect(draining.status).toBe(503)
  })

  it('gives the metrics to this machine', async () => {
    const { status, text } = await ask({ path: '/metrics', fields: own })
    expect(status).toBe(200)
    expect(text).toContain('figures 1')
    expect(text).toMatch(/content-type: text\/plain; version=0\.0\.4/i)
  })

  it.each(['/readyz', '/metrics', '/nothing'])(
    '%s cannot be read by a page whose name was bound to 127.0.0.1 (DNS rebinding)',
    async (path) => {
      const foreign = [
        ['Host: evil.example'],
        ['Host: evil.example:9003'],
        ['Host: 127.0.0.1.evil'],
      ]
      const odd = [['Host: localhost', 'Host: evil.example'], ['Host: evil.example#localhost']]
      for (const fields of [...foreign, ...odd, ['Host:'], ['Host: localhost:']]) {
        expect([fields, (await ask({ path, fields })).text]).toEqual([
          fields,
          expect.not.stringMatching(/figures|keys|not found/),
        ])
      }
    },
  )

  it.each(['localhost', 'LOCALHOST:9003', '127.0.0.1:1', '[::1]:9003', 'ai.example:443'])(
    'answers to the name %s',
    async (name) => {
      expect((await ask({ path: '/metrics', fields: [`Host: ${name}`] })).status).toBe(200)
    },
  )

  it.each([
    ['none', own],
    ['a wrong one', shown(`Bearer ${token}x`)],
    ['a shorter one', shown(`Bearer ${token.slice(0, -1)}`)],
    ['an empty one', shown('Bearer ')],
    ['another scheme', shown(`Basic ${token}`)],
    ['the token alone', shown(token)],
    ['two of them', [...shown(`Bearer ${token}`), `Authorization: Bearer ${token}`]],
    ['one in the query', own],
  ])('with a token configured, metrics are refused to a caller with %s', async (_, fields) => {
    const path = `/metrics?token=${token}`
    const { status, text } = await ask({ path, fields }, { metricsToken: token })
    expect(status).toBe(401)
    expect(text).toMatch(/www-authenticate: Bearer/i)
    expect(text).not.toContain('figures')
  })

  it.each([
    ...['http://localhost/metrics', 'http://x/metrics', '/metrics/', '/METRICS', '//metrics'],
    ...['/%6detrics', '/metrics%2f', '/metrics;x', '/./metrics', '/livez/../metrics', '/metrics#x'],
    ...['/livez;/metrics', '/livez%2f..%2fmetrics', '*', 'metrics'],
  ])('no spelling of a path bypasses the token: %s', async (path) => {
    const { status, text } = await ask({ path, fields: own }, { metricsToken: token })
    expect([400, 401, 404]).toContain(status)
    expect(text).not.toContain('figures')
  })

  it('with a token configured, a caller with it reads the metrics under any host name', async () => {
    for (const scheme of ['Bearer', 'bearer']) {
      const fields = shown(`${scheme} ${token}`)
      const { status } = await ask({ path: '/metrics', fields }, { metricsToken: token })
      expect(status).toBe(200)
    }
  })

  it('the token gives access to nothing else', async () => {
    const fields = shown(`Bearer ${token}`)
    expect((await ask({ path: '/readyz', fields }, { metricsToken: token })).status).toBe(421)
  })

  it('tells other machines no more than one word', async () => {
    const from = Object.values(networkInterfaces())
      .flatMap((all) => all ?? [])
      .find(({ internal, family }) => !internal && family === 'IPv4')?.address
    // Without a network there are no other machines.
    if (from === undefined) return
    const { text } = await ask({ path: '/readyz', fields: own, from })
    expect(text).toContain('{"status":"degraded"}')
  })

  it('answers liveness under any host name', async () => {
    expect((await ask({ path: '/livez', fields: ['Host: 10.1.2.3:9003'] })).status).toBe(200)
  })
})
