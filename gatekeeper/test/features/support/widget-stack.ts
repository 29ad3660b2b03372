/** The whole system with the chat widget in front of one upstream that answers as the test says. */
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestKey } from '../../support/keys.ts'
import { type Answer, type SendOptions, type Stack, startStack } from '../../support/stack.ts'

export const shop = 'https://shop.example'

export type Seen = {
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly body: Readonly<Record<string, unknown>>
}

export type Model = {
  readonly seen: Seen[]
  answer: (seen: Seen, response: ServerResponse) => void
  readonly url: string
  readonly close: () => void
}

export async function startModel(): Promise<Model> {
  const seen: Seen[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const text = Buffer.concat(chunks).toString()
    const one = { url: request.url ?? '', headers: request.headers, body: JSON.parse(text || '{}') }
    seen.push(one)
    response.on('error', () => {})
    model.answer(one, response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const model: Model = {
    ...{ seen, answer: answerPlainly, url: `http://127.0.0.1:${port}` },
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
  return model
}

export const usage = (input: number, output: number) => ({
  ...{ prompt_tokens: input, completion_tokens: output, total_tokens: input + output },
})

/** Answers as OpenAI does, whole or as a stream. */
export function answerPlainly({ body }: Seen, response: ServerResponse, used = usage(10, 5)): void {
  if (body['stream'] !== true) {
    const message = { role: 'assistant', content: 'Hello there' }
    return sendJson(response, 200, { model: body['model'], choices: [{ message }], usage: used })
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  for (const content of ['Hello', ' there']) {
    response.write(`data: ${JSON.stringify({ choices: [{ delta: { content } }] })}\n\n`)
  }
  response.write(`data: ${JSON.stringify({ choices: [], usage: used })}\n\n`)
  response.end('data: [DONE]\n\n')
}

export function sendJson(response: ServerResponse, status: number, body: object, fields = {}) {
  response.writeHead(status, { 'content-type': 'application/json', ...fields })
  response.end(JSON.stringify(body))
}

export type WidgetStack = {
  readonly stack: Stack
  readonly model: Model
  /** Asks for a token as a page does. */
  readonly tokenOf: (origin?: string) => Promise<string>
  /** Sends a chat with a token, by default of the shop's page. */
  readonly chat: (token: string, options?: ChatOptions) => Promise<Answer>
  readonly stop: () => Promise<void>
}

export type ChatOptions = Pick<SendOptions, 'json'> & {
  readonly origin?: string
  readonly isStream?: boolean
  readonly headers?: Readonly<Record<string, string>>
}

export const hello = { messages: [{ role: 'user', content: 'Hello' }] }

/** Starts all. `config` are the lines of the file; the widget stands over OpenAI unless it says. */
export async function startWidget(
  options: {
    readonly config?: string
    /** By the address of the model. */
    readonly env?: (url: string) => Readonly<Record<string, string>>
    readonly keys?: readonly TestKey[]
    readonly files?: Readonly<Record<string, string>>
    readonly caddyfile?: (text: string) => string
  } = {},
): Promise<WidgetStack> {
  const model = await startModel()
  const stack = await startStack({
    ...(options.keys && { keys: options.keys }),
    ...(options.files && { files: options.files }),
    ...(options.caddyfile && { caddyfile: options.caddyfile }),
    config: options.config ?? configOf(),
    env: {
      OPENAI_API_KEY: 'account-key-of-openai-0123456789',
      OPENAI_BASE_URL: `${model.url}/v1`,
      ...options.env?.(model.url),
    },
  })
  const tokenOf = async (origin = shop) => {
    const answer = await stack.send('/widget/api/tokens', {
      ...{ method: 'POST', headers: { origin } },
    })
    return (JSON.parse(answer.text) as { token?: string }).token ?? answer.text
  }
  const chat: WidgetStack['chat'] = (
    token,
    { json = hello, origin = shop, isStream, headers } = {},
  ) =>
    stack.send('/widget/api/chat', {
      ...{ key: token, json },
      headers: { origin, ...(isStream && { accept: 'text/event-stream' }), ...headers },
    })
  return {
    ...{ stack, model, tokenOf, chat },
    stop: async () => {
      await stack.stop()
      model.close()
    },
  }
}

/** Returns a gatekeeper.yaml with these members of `widget`. */
export function configOf(...members: readonly string[]): string {
  const widget = [`origins: [${shop}]`, ...members].join(', ')
  return [
    'version: 1',
    'services:',
    '  ollama: {kind: ollama, routes: [{prefix: /v1}]}',
    `widget: {${widget}}`,
    '',
  ].join('\n')
}
