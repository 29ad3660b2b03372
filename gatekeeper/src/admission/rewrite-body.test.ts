import { describe, expect, test } from 'vitest'
import { aPrincipal, aService, kindsByName, someFacts } from '../../test/support/questions.ts'
import { findEndpoint } from '../kinds/find-endpoint.ts'
import type { Obligation } from '../model/decision.ts'
import { readAsks } from './body-asks.ts'
import { readJsonBody } from './json-body.ts'
import { rewriteBody, withoutQuestion } from './rewrite-body.ts'

const capAt = (outputTokens: number): Obligation => ({ kind: 'cap-output', outputTokens })

async function rewrite(
  body: string,
  obligations: readonly Obligation[],
  at: { kind?: 'ollama' | 'openai' | 'llamacpp'; path?: string } = {},
): Promise<string | null> {
  const { kind = 'ollama', path = '/api/chat' } = at
  const service = aService({ kind })
  const endpoint = findEndpoint(service, 'POST', path)
  if (endpoint === null) throw new Error(path)
  const read = await readJsonBody(Buffer.from(body), { kind: service.kind, measuresImages: false })
  if (typeof read === 'string' || 'defect' in read) throw new Error('refused')
  const facts = someFacts({ service, endpoint })
  const asked = readAsks(read, { facts, principal: aPrincipal() })
  return rewriteBody({ json: read, facts: asked }, facts, obligations)?.toString() ?? null
}

test('without an obligation nothing is changed', async () => {
  expect(await rewrite('{ "model" : "m" }', [])).toBe('{"model":"m"}')
})

describe('a cap on the output', () => {
  test.each([
    ['{"options":{"num_predict":500}}', '{"options":{"num_predict":100}}'],
    ['{"options":{"num_predict":50}}', '{"options":{"num_predict":50}}'],
    ['{"options":{"num_predict":-1}}', '{"options":{"num_predict":100}}'],
    ['{"options":{"num_predict":-2}}', '{"options":{"num_predict":100}}'],
    ['{"options":{"num_predict":null}}', '{"options":{"num_predict":100}}'],
    ['{"options":{"num_predict":"500"}}', '{"options":{"num_predict":100}}'],
    ['{"options":{"num_predict":{}}}', '{"options":{"num_predict":100}}'],
    ['{"options":{"num_predict":1e400}}', '{"options":{"num_predict":100}}'],
    ['{"options":{"top_k":1}}', '{"options":{"top_k":1,"num_predict":100}}'],
    ['{"options":null}', '{"options":{"num_predict":100}}'],
    ['{"OPTIONS":{"num_predict":500}}', '{"options":{"num_predict":100}}'],
    ['{}', '{"options":{"num_predict":100}}'],
  ])('at Ollama: %s is sent as %s', async (body, expected) => {
    expect(await rewrite(body, [capAt(100)])).toBe(expected)
  })

  const chat = { kind: 'openai', path: '/v1/chat/completions' } as const
  test.each([
    ['{"max_tokens":500}', '{"max_tokens":100}'],
    ['{"max_completion_tokens":500}', '{"max_completion_tokens":100}'],
    ['{}', '{"max_tokens":100}'],
    ['{"n":4}', '{"n":4,"max_tokens":25}'],
    ['{"max_tokens":30,"n":2}', '{"max_tokens":30,"n":2}'],
    ['{"MAX_TOKENS":500}', '{"MAX_TOKENS":500,"max_tokens":100}'],
  ])('elsewhere: %s is sent as %s', async (body, expected) => {
    expect(await rewrite(body, [capAt(100)], chat)).toBe(expected)
  })

  test('at Ollama’s compatible endpoint, which reads one of the two names', async () => {
    const compatible = { path: '/v1/chat/completions' }
    expect(await rewrite('{"max_completion_tokens":500}', [capAt(100)], compatible)).toBe(
      '{"max_completion_tokens":100,"max_tokens":100}',
    )
  })

  test.each([
    ['/v1/responses', '{"max_output_tokens":100}'],
    ['/v1/messages', '{"max_tokens":100}'],
    ['/v1beta/models/m:generateContent', '{"generationConfig":{"maxOutputTokens":100}}'],
    ['/v1/embeddings', '{}'],
  ])('is set in the member that %s reads', async (path, expected) => {
    expect(await rewrite('{}', [capAt(100)], { kind: 'openai', path })).toBe(expected)
  })

  test('the lowest of several applies, and it is at least one token', async () => {
    expect(await rewrite('{}', [capAt(100), capAt(7)])).toBe('{"options":{"num_predict":7}}')
    expect(await rewrite('{"n":200}', [capAt(100)], chat)).toBeNull()
    expect(await rewrite('{"n":1e400}', [capAt(100)], chat)).toBeNull()
  })
})

describe('asking for usage', () => {
  const ask: Obligation = { kind: 'ask-usage' }
  const chat = { kind: 'openai', path: '/v1/chat/completions' } as const

  test.each([
    ['{"stream":true}', '{"stream":true,"stream_options":{"include_usage":true}}'],
    ['{"stream_options":null}', '{"stream_options":{"include_usage":true}}'],
    ['{"stream_options":{"include_usage":false}}', '{"stream_options":{"include_usage":true}}'],
    ['{"stream_options":{"x":1}}', '{"stream_options":{"x":1,"include_usage":true}}'],
  ])('%s is sent as %s', async (body, expected) => {
    expect(await rewrite(body, [ask], chat)).toBe(expected)
  })

  test.each([
    ['{"stream":true}', [ask], '{"stream":true}'],
    ['{"stream":true,"n":1}', [capAt(7), ask], '{"stream":true,"n":1,"max_tokens":7}'],
    // A value that the client sets there only concerns it and the upstream.
    ['{"stream_options":{}}', [ask], null],
    ['{"stream_options":null}', [ask], null],
    ['{"Stream_Options":{},"stream":true}', [ask], null],
    ['{"stream":true,"stream_options":{"include_usage":true}}', [], null],
  ] as const)('%s, sent with %j, can be sent without that', async (body, owed, expected) => {
    const rewritten = await rewrite(body, owed, chat)
    const read = await readJsonBody(Buffer.from(body), {
      ...{ kind: kindsByName.openai, measuresImages: false },
    })
    if (typeof read === 'string' || 'defect' in read || rewritten === null) throw new Error(body)
    const bytes = Buffer.from(rewritten)
    const without = withoutQuestion(bytes, read, owed)?.()
    expect(without?.toString() ?? null).toBe(expected)
    // A second copy would use memory that is not counted.
    expect(without?.byteOffset ?? bytes.byteOffset).toBe(bytes.byteOffset)
  })
})
