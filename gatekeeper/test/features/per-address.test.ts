/** Limits of client addresses, for everybody, through the real Caddy. */
import { Agent } from 'undici'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { twoPointGateway } from '../support/gateway-file.ts'
import { makeKey } from '../support/keys.ts'
import { type Stack, startStack, testCaddy } from '../support/stack.ts'

const ada = makeKey({ limits: ['1k/day'] })

describe.skipIf(testCaddy === null)('perAddress', () => {
  let stack: Stack
  const agents: Agent[] = []

  beforeAll(async () => {
    const config = `${twoPointGateway}\nperAddress: [5/15min]\nlegacyLimitFields: false\n`
    stack = await startStack({ keys: [ada], config })
  })
  afterAll(async () => {
    for (const agent of agents) await agent.destroy()
    await stack.stop()
  })

  /** The same machine by another of its addresses: another client for the gatekeeper. */
  function clientAt(localAddress: string) {
    const agent = new Agent({ connect: { ca: stack.ca }, localAddress, allowH2: false })
    agents.push(agent)
    return async (path: string, options: object = {}) => {
      const answer = await agent.request({ origin: stack.url, path, method: 'GET', ...options })
      await answer.body.dump()
      return { status: answer.statusCode, headers: answer.headers }
    }
  }
  const withKey = { headers: { authorization: `Bearer ${ada.key}` } }
  const statusesOf = async (asks: readonly (() => Promise<{ status: number }>)[]) =>
    (await Promise.all(asks.map((ask) => ask()))).map(({ status }) => status)

  it('counts requests of one address at both points together, exactly under parallel calls', async () => {
    const send = clientAt('127.0.0.3')
    const paths = Array.from({ length: 20 }, (_, at) => (at % 2 ? '/api/tags' : '/chat/api/tags'))
    const statuses = await statusesOf(paths.map((path) => () => send(path, withKey)))
    expect(statuses.filter((status) => status === 200)).toHaveLength(5)
    expect(statuses.filter((status) => status === 429)).toHaveLength(15)
    // Another address is not affected.
    expect((await clientAt('127.0.0.4')('/api/tags', withKey)).status).toBe(200)
  })

  it('limits callers without a credential, and those with a bad one', async () => {
    const send = clientAt('127.0.0.5')
    const bad = { headers: { authorization: 'Bearer nonsense' } }
    const asks = Array.from({ length: 8 }, (_, at) => () => send('/api/tags', at % 2 ? bad : {}))
    const statuses = await statusesOf(asks)
    expect(statuses.filter((status) => status === 401)).toHaveLength(5)
    expect(statuses.filter((status) => status === 429)).toHaveLength(3)
  })

  it('has the standard fields and not the older ones, in answers and in refusals', async () => {
    const send = clientAt('127.0.0.6')
    const { headers } = await send('/status', withKey)
    expect(headers['ratelimit-policy']).toContain('"address 5/15min";q=5;w=900')
    expect(headers['ratelimit']).toContain('"address 5/15min";r=4;t=180')
    const relayed = await send('/api/tags', withKey)
    expect(relayed.headers['ratelimit']).toContain('"address 5/15min";r=3')
    for (let turn = 0; turn < 3; turn++) await send('/api/tags', withKey)
    const refused = await send('/api/tags', withKey)
    expect(refused.status).toBe(429)
    expect(refused.headers['ratelimit']).toContain('"address 5/15min";r=0')
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(170)
    for (const answer of [relayed, refused]) {
      expect(Object.keys(answer.headers).filter((name) => name.startsWith('x-ratelimit'))).toEqual(
        [],
      )
    }
  })

  it('never counts the health, well-known documents and preflights', async () => {
    const send = clientAt('127.0.0.7')
    const preflight = {
      method: 'OPTIONS',
      headers: { origin: 'https://app.example', 'access-control-request-method': 'GET' },
    }
    const free = ['/health', '/.well-known/jwks.json', '/.well-known/oauth-authorization-server']
    for (let turn = 0; turn < 9; turn++) {
      for (const path of free) expect([path, (await send(path)).status]).toEqual([path, 200])
      expect((await send('/api/tags', preflight)).status).not.toBe(429)
    }
    expect((await send('/api/tags', withKey)).status).toBe(200)
  })
})
