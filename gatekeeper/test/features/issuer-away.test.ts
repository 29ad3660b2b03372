/**
 * Another issuer whose server is unreachable or fails. Our own keys are served meanwhile, tokens of
 * that issuer wait, and none of its answers ends the process.
 */
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { waitUntil } from '../support/child.ts'
import { twoPointGateway } from '../support/gateway-file.ts'
import { makeKey } from '../support/keys.ts'
import { exchangeUnix, lines } from '../support/raw.ts'
import {
  broken,
  framings,
  type RawUpstream,
  startRawUpstream,
  wholeAnswer,
} from '../support/raw-upstream.ts'
import { type Stack, startStack, testCaddy } from '../support/stack.ts'

const ada = makeKey()
const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')

/** It is not signed: any client of the gate can create it. */
const unsigned = (iss: string, kid: string) =>
  `${encode({ alg: 'RS256', typ: 'at+jwt', kid })}.${encode({
    ...{ iss, aud: 'https://ai.example', sub: 'x', iat: 0, exp: 4_000_000_000 },
  })}.${'A'.repeat(342)}`

const text = JSON.stringify({ error: 'away' })
/** Not all of them, since 50 issuers are the maximum; fetch-document.test.ts has all. */
const answers = [
  ...[200, 204, 301, 304, 401, 404, 429, 500, 502, 599].map((status) => wholeAnswer(status, text)),
  ...framings(503, text),
  ...broken(503, text).filter(({ finish }) => finish === 'end'),
]

describe.skipIf(testCaddy === null)('an issuer that is unreachable', () => {
  let stack: Stack
  const issuers: RawUpstream[] = []
  beforeAll(async () => {
    // One issuer per answer: each is fetched once and then not again for a while.
    for (const answer of answers) {
      const issuer = await startRawUpstream()
      issuer.answerWith(answer)
      issuers.push(issuer)
    }
    const entries = issuers.map(
      ({ url }) => `
  - issuer: ${url}
    audience: https://ai.example
    algorithms: [RS256]
    keys: {discovery: true}
    rules: [{role: readwrite, services: [ollama]}]`,
    )
    stack = await startStack({
      keys: [ada],
      config: `${twoPointGateway}\nissuers:${entries.join('')}`,
    })
  }, 120_000)
  afterAll(async () => {
    await stack?.stop()
    await Promise.all(issuers.map((issuer) => issuer.close()))
  })

  it('whatever it answers, at every step: keys are served, its tokens are refused, /readyz reports it', async () => {
    const { gatekeeper } = stack
    const pid = gatekeeper.process.pid
    await waitUntil(() => issuers.every((issuer) => issuer.requests() > 0), {
      ...{ limitMs: 30_000, child: gatekeeper, describe: gatekeeper.output },
    })
    for (const [at, issuer] of issuers.entries()) {
      const token = unsigned(issuer.url, `unknown-${at}`)
      // Not 401: it may be valid, which cannot be checked now.
      expect((await stack.send('/api/tags', { key: token })).status).toBe(503)
    }
    expect((await stack.send('/api/tags', { key: ada.key })).status).toBe(200)
    expect((await stack.send('/chat/api/tags', { key: ada.key })).status).toBe(200)
    const ready = await exchangeUnix(
      join(stack.stateDir, 'run/ops.sock'),
      lines('GET /readyz HTTP/1.1', 'Host: localhost'),
    )
    expect(ready).toContain('HTTP/1.1 200')
    expect(ready).toContain('degraded')
    for (const { url } of issuers) expect(ready).toContain(url)
    expect(ready).toContain('HTTP_503')
    expect([gatekeeper.process.pid, gatekeeper.process.exitCode]).toEqual([pid, null])
  }, 120_000)
})
