/** A stack with apps whose users have tokens, providers that answer here, and the admin process. */
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import {
  addClient,
  addPublicApp,
  type NewClient,
} from '../../../src/operations/clients/client-writer.ts'
import { startAdmin } from '../../support/admin.ts'
import { type Child, waitUntil } from '../../support/child.ts'
import type { TestKey } from '../../support/keys.ts'
import { type SendOptions, type Stack, startStack } from '../../support/stack.ts'

export type Seen = {
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

export type AppStack = {
  readonly stack: Stack
  readonly admin: () => Child
  readonly startAdmin: () => Promise<void>
  /** What the providers got, in order. */
  readonly seen: Seen[]
  /** The secret of the app `shop`. */
  readonly secret: string
  /** How the providers answer. */
  readonly provider: { answer: (seen: Seen, response: ServerResponse) => void }
  /** The token of a user of the app `shop`. */
  readonly tokenOf: (userId: string) => Promise<string>
  /** A token of the app `open`, which anybody gets. */
  readonly publicToken: () => Promise<string>
  readonly send: (path: string, options?: SendOptions) => Promise<Sent>
  readonly stop: () => Promise<void>
}

export type Sent = {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  // biome-ignore lint/suspicious/noExplicitAny: answers of many forms, read by tests
  readonly json: any
  readonly text: string
}

const names = ['openai', 'groq', 'claude']

const app = {
  ...{ public: false, tokenDays: 7, dailyQuota: null, monthlyQuota: null, totalPerDay: null },
  ...{ origins: [], allowNoOrigin: true, providers: [], models: [] },
}
const newClient: Omit<NewClient, 'id'> = {
  ...{ role: 'readwrite', services: [], scopes: ['chat'], models: [], addresses: [] },
  ...{ expiresAt: null, tokenSeconds: null, limits: [], app },
}

type AppStackOptions = {
  readonly keys?: readonly TestKey[]
  readonly env?: Readonly<Record<string, string>>
  /** Further lines of gatekeeper.yaml. */
  readonly config?: readonly string[]
}

export async function startAppStack({ keys = [], env = {}, config = [] }: AppStackOptions = {}) {
  const seen: Seen[] = []
  const provider: AppStack['provider'] = { answer: answerUsual }
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const { url = '', headers } = request
    const one = { url, headers, body: Buffer.concat(chunks).toString() }
    seen.push(one)
    provider.answer(one, response)
  })
  server.on('error', () => {})
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`
  const stack = await startStack({
    keys,
    env: {
      ...Object.fromEntries(names.map((name) => [`${name.toUpperCase()}_BASE_URL`, base])),
      ...env,
    },
    config: [
      'version: 1',
      'services:',
      '  ollama: {kind: ollama, routes: [{prefix: /api}, {prefix: /v1}]}',
      ...config,
      'bridge: {tokensPerAddress: 1000/15min}',
      'providers:',
      ...names.map((name) => `  ${name}: {}`),
      '',
    ].join('\n'),
  })
  const clients = join(dirname(stack.keysFile), 'clients.json')
  const deps = { clock: Date.now, record: async () => {} }
  const secret = await addClient(clients, { ...newClient, id: 'shop' }, deps)
  const open = { ...app, public: true, totalPerDay: 1_000_000 }
  await addPublicApp(clients, { ...newClient, id: 'open', app: open }, deps)
  let admin = await startAdmin(stack.env)
  const send: AppStack['send'] = async (path, options) => {
    const { status, headers, text } = await stack.send(path, options)
    return { status, headers, text, json: text.startsWith('{') ? JSON.parse(text) : null }
  }
  const mint = async (appId: string, userId: string) =>
    await send('/auth/token', {
      json: { userId, appId },
      ...(appId === 'shop' && {
        headers: { authorization: `Basic ${Buffer.from(`shop:${secret}`).toString('base64')}` },
      }),
    })
  await waitUntil(async () => (await mint('shop', 'first-user')).status === 200, {
    ...{ limitMs: 10_000, describe: stack.gatekeeper.output },
  })
  return {
    ...{ stack, seen, provider, send, secret },
    admin: () => admin,
    startAdmin: async () => {
      admin = await startAdmin(stack.env)
    },
    tokenOf: async (userId: string) => (await mint('shop', userId)).json.token as string,
    publicToken: async () => (await mint('open', 'anybody')).json.token as string,
    stop: async () => {
      await admin.stop()
      await stack.stop()
      server.close()
    },
  } satisfies AppStack
}

function answerUsual(_: Seen, response: ServerResponse): void {
  const choices = [{ index: 0, message: { role: 'assistant', content: 'Hi' } }]
  response.writeHead(200, { 'content-type': 'application/json' })
  response.end(JSON.stringify({ object: 'list', data: [], choices, model: 'gpt-4o-mini' }))
}
