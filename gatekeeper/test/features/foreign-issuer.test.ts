/**
 * Tokens of another issuer, a certified OpenID provider in this process, shown at both points.
 */
import { decodeProtectedHeader } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { waitUntil } from '../support/child.ts'
import { twoPointGateway } from '../support/gateway-file.ts'
import { type Stack, startStack, testCaddy } from '../support/stack.ts'
import { type OidcIssuer, startOidcIssuer } from './support/oidc-issuer.ts'

const audience = 'https://ai.example'

const configOf = (issuer: string) => `${twoPointGateway}
issuers:
  - issuer: ${issuer}
    audience: ${audience}
    algorithms: [RS256]
    keys: {discovery: true}
    userClaim: email
    rules:
      - {when: {groups: staff}, role: readwrite, services: [ollama], models: ["demo:*"], limits: [100/min]}
      - {when: {groups: [guests]}, role: readonly, services: [ollama]}
  - issuer: https://other.example
    audience: ${audience}
    algorithms: [RS256]
    keys: {file: jwks.json}
    rules: [{role: admin, services: ["*"]}]
`

describe.skipIf(testCaddy === null)('tokens of another issuer', () => {
  let issuer: OidcIssuer
  let stack: Stack

  beforeAll(async () => {
    issuer = await startOidcIssuer()
    stack = await startStack({ keys: [], config: configOf(issuer.url) })
    const token = await issuer.token({ audience, claims: { groups: ['staff'] } })
    const status = async () => (await stack.send('/api/tags', { key: token })).status
    await waitUntil(async () => (await status()) === 200, {
      ...{ limitMs: 20_000, describe: stack.gatekeeper.output },
    })
  })
  afterAll(async () => {
    await stack?.stop()
    await issuer?.stop()
  })

  const chat = { model: 'demo', messages: [{ role: 'user', content: 'hi' }], stream: false }
  const use = async (key: string, path = '/api/chat', json: object = chat) =>
    (await stack.send(path, { key, json })).status

  it('get the grants of the first rule that matches their claims, at the relay', async () => {
    const token = await issuer.token({
      audience,
      claims: { groups: ['staff'], email: 'ada@x.example' },
    })
    expect(decodeProtectedHeader(token).typ).toBe('at+jwt')
    expect(await use(token)).toBe(200)
    expect(stack.upstream.received.at(-1)?.headers['x-gatekeeper-user']).toEqual(['ada@x.example'])
    expect(await use(token, '/api/chat', { ...chat, model: 'other' })).toBe(404)
    expect(await use(token, '/tts/v1/audio/speech')).toBe(403)
  })

  it('get grants that do not depend on a body at the check, and no others there', async () => {
    const guest = await issuer.token({ audience, claims: { groups: ['guests'] } })
    expect((await stack.send('/chat/api/tags', { key: guest })).status).toBe(200)
    expect(await use(guest, '/chat/api/chat')).toBe(403)
    const staff = await issuer.token({ audience, claims: { groups: ['staff'] } })
    expect(await use(staff, '/chat/api/chat')).toBe(403)
  })

  it('that match no rule get nothing', async () => {
    for (const claims of [{}, { groups: 'staffing' }, { groups: ['STAFF'] }, { role: 'admin' }]) {
      expect(await use(await issuer.token({ audience, claims }))).toBe(403)
    }
  })

  it('for another audience, or changed on the way, are refused', async () => {
    const claims = { groups: ['staff'] }
    expect(await use(await issuer.token({ audience: 'https://elsewhere.example', claims }))).toBe(
      401,
    )
    const token = await issuer.token({ audience, claims })
    const [head, body, signature] = token.split('.') as [string, string, string]
    const payload = JSON.parse(Buffer.from(body, 'base64url').toString()) as object
    const forge = (changes: object) =>
      `${head}.${Buffer.from(JSON.stringify({ ...payload, ...changes })).toString('base64url')}.${signature}`
    expect(await use(token)).toBe(200)
    expect(await use(forge({ groups: ['staff', 'x'] }))).toBe(401)
    // A token of issuer A is never accepted under issuer B's rules, although A's is cached.
    expect(await use(forge({ iss: 'https://other.example' }))).toBe(401)
    expect(await use(`${token}=`)).toBe(401)
  })

  it('with unknown keys do not cause repeated requests to their issuer', async () => {
    const before = issuer.keyRequests()
    const token = await issuer.token({ audience, claims: { groups: ['staff'] } })
    const [, body, signature] = token.split('.')
    const forged = Array.from({ length: 100 }, (_, at) => {
      const head = { alg: 'RS256', typ: 'at+jwt', kid: `unknown-${at}`, jku: 'http://127.0.0.1:1/' }
      return `${Buffer.from(JSON.stringify(head)).toString('base64url')}.${body}.${signature}`
    })
    const statuses = await Promise.all(forged.map((text) => use(text)))
    expect(new Set(statuses)).toEqual(new Set([401]))
    expect(issuer.keyRequests() - before).toBeLessThanOrEqual(1)
  })

  it('are still accepted while their issuer is unreachable', async () => {
    const token = await issuer.token({ audience, claims: { groups: ['staff'] } })
    await issuer.stop()
    try {
      expect(await use(token)).toBe(200)
    } finally {
      await issuer.start()
    }
  })

  it('RFC 9728: a refusal gives an MCP client the address of the list of issuers', async () => {
    const answer = await stack.send('/ollama/api/tags')
    expect(answer.status).toBe(401)
    const challenge = String(answer.headers['www-authenticate'])
    const address = /resource_metadata="([^"]+)"/.exec(challenge)?.[1] ?? ''
    expect(address).toMatch(/^https:\/\/localhost:\d+\/\.well-known\/oauth-protected-resource$/)
    const document = await stack.send(new URL(address).pathname)
    expect(JSON.parse(document.text)).toEqual({
      resource: stack.url,
      authorization_servers: [issuer.url, 'https://other.example'],
      bearer_methods_supported: ['header'],
    })
    const below = await stack.send('/.well-known/oauth-protected-resource/mcp')
    expect(JSON.parse(below.text)).toMatchObject({ resource: `${stack.url}/mcp` })
  })
})
