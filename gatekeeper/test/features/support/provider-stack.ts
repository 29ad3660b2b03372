/** The whole system in front of one upstream that stands for every provider, over TLS. */
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { providers } from '../../../src/kinds/providers/providers.ts'
import { makeCertificate } from '../../support/certificate.ts'
import type { TestKey } from '../../support/keys.ts'
import { type Stack, startStack } from '../../support/stack.ts'

export const providerNames: readonly string[] = providers.map(({ name }) => name)

/** The one provider that is left without a key. */
export const withoutKey = 'xai'

export const secretOf = (name: string) => `account-key-of-${name}-0123456789`

/** The path of a provider's address: `/openai/v1`. */
export function basePathOf(name: string): string {
  const base = providers.find((kind) => kind.name === name)?.provider.base ?? ''
  return new URL(base).pathname.replace(/\/$/, '')
}

export type Seen = {
  readonly method: string
  readonly url: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

/** The upstream: it keeps its requests, and answers as the test says. */
export type Provider = {
  readonly seen: Seen[]
  readonly state: { answer: (seen: Seen, response: ServerResponse) => void }
  readonly port: number
  readonly close: () => void
}

async function startProvider(certificate: { cert: string; key: string }): Promise<Provider> {
  const seen: Seen[] = []
  const state: Provider['state'] = { answer: (_, response) => void response.end('{}') }
  const server = createServer(certificate, async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const one = {
      method: request.method ?? '',
      url: request.url ?? '',
      headers: request.headers,
      body: Buffer.concat(chunks).toString(),
    }
    seen.push(one)
    state.answer(one, response)
  })
  server.on('error', () => {})
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { seen, state, port: (server.address() as AddressInfo).port, close: () => server.close() }
}

export type ProviderStack = {
  readonly stack: Stack
  readonly provider: Provider
  readonly stop: () => Promise<void>
}

/** Starts all known providers, and `acme`, which speaks as OpenAI does and has no key. */
export async function startProviders(keys: readonly TestKey[]): Promise<ProviderStack> {
  const authority = makeCertificate({ name: 'authority', isAuthority: true })
  const provider = await startProvider(makeCertificate({ issuer: authority }))
  const ca = join(tmpdir(), `gk-provider-ca-${process.pid}.pem`)
  writeFileSync(ca, authority.cert)
  const origin = `https://localhost:${provider.port}`
  const entries = [...providerNames, 'acme'].map((name) => {
    const like = name === 'acme' ? `like: openai, url: "${origin}/v9", ` : ''
    return `  ${name}: {${like}tls: {ca: "${ca}"}}`
  })
  const variables = providers.flatMap(({ name, provider: { variable } }) => [
    ...(name === withoutKey ? [] : [[`${variable}_API_KEY`, secretOf(name)] as const]),
    [`${variable}_BASE_URL`, `${origin}${basePathOf(name)}`] as const,
  ])
  const stack = await startStack({
    keys,
    env: Object.fromEntries(variables),
    config: [
      'version: 1',
      'services:',
      '  ollama: {kind: ollama, routes: [{prefix: /api}, {prefix: /v1}]}',
      'providers:',
      ...entries,
      '',
    ].join('\n'),
  })
  const stop = async () => {
    await stack.stop()
    provider.close()
  }
  return { stack, provider, stop }
}

export const json = (response: ServerResponse, status: number, body: object, fields = {}) =>
  void response
    .writeHead(status, { 'content-type': 'application/json', ...fields })
    .end(JSON.stringify(body))

/** A chat completion as OpenAI answers it. */
export const completion = {
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1,
  model: 'gpt-4o-mini',
  choices: [{ index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 5, completion_tokens: 2, total_tokens: 7 },
}
