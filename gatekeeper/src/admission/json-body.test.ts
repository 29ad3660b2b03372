import { describe, expect, test } from 'vitest'
import { type KindName, kindsByName } from '../../test/support/questions.ts'
import { readJsonBody } from './json-body.ts'

const read = (body: unknown, kind: KindName = 'ollama', measuresImages = false) =>
  readJsonBody(Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)), {
    ...{ kind: kindsByName[kind], measuresImages },
  })

test('reading a long body yields to other work', async () => {
  const body = Buffer.from(`{"a":[${'[],'.repeat(2_000_000)}1]}`)
  let turns = 0
  let isRead = false
  const takeTurns = () => {
    turns++
    if (!isRead) setImmediate(takeTurns)
  }
  setImmediate(takeTurns)
  const normal = await readJsonBody(body, { kind: kindsByName.ollama, measuresImages: false })
  isRead = true
  expect(typeof normal).toBe('object')
  expect(turns).toBeGreaterThan(15)
})

describe('images', () => {
  const large = 'A'.repeat(4_000)
  test.each([
    ['Ollama’s chat', { messages: [{ role: 'user', content: 'x', images: [large, 'AAAA'] }] }],
    ['Ollama’s generate', { images: [large] }],
    ['in other letters', { messages: [{ IMAGES: [large] }] }],
    [
      'OpenAI’s',
      { messages: [{ content: [{ image_url: { url: `data:image/png;base64,${large}` } }] }] },
    ],
    ['OpenAI’s responses', { input: [{ content: [{ type: 'input_image', image_url: large }] }] }],
    ['Anthropic’s', { messages: [{ content: [{ source: { type: 'base64', data: large } }] }] }],
    ['Gemini’s', { contents: [{ parts: [{ inlineData: { data: large } }] }] }],
  ])('of %s form are measured, and do not count as prompt', async (_, body) => {
    const normal = await read(body)
    if (typeof normal === 'string' || 'defect' in normal) throw new Error('refused')
    expect(normal.imageBytes).toBeGreaterThanOrEqual(3_000)
    expect(normal.imageBytes).toBeLessThan(3_050)
    expect(normal.bytes.length - normal.imagesBytes).toBeLessThan(200)
  })

  test.each(['https://x.example/a.png', 'HTTP://x', ' file:///x', '\\u0068ttps://x', 's3://x/y'])(
    'with the URL %s have no size',
    async (url) => {
      const normal = await read(`{"messages":[{"image_url":{"url":"${url}"}}]}`, 'openai', true)
      expect(normal).toMatchObject({ imageBytes: Number.POSITIVE_INFINITY })
    },
  )

  const address = { url: 'https://example.com/a', image: 'https://example.com/b' }
  const result = { type: 'web_search_result', url: 'https://example.com/a' }

  test.each<[string, object]>([
    [
      'what Ollama’s tool is called with',
      { messages: [{ tool_calls: [{ function: { name: 'fetch', arguments: address } }] }] },
    ],
    [
      'what Anthropic’s tool is called with',
      { messages: [{ content: [{ type: 'tool_use', input: { list: [address] } }] }] },
    ],
    [
      'what Gemini’s tool is called with, and gave back',
      {
        contents: [
          { parts: [{ functionCall: { args: address } }] },
          { parts: [{ functionResponse: { response: address } }] },
        ],
      },
    ],
    ['a schema', { tools: [{ function: { parameters: { properties: { a: address } } } }] }],
    ['a label', { metadata: address }],
    ['results of a search', { messages: [{ content: [{ content: [result] }] }] }],
    ['a citation', { input: [{ content: [{ annotations: [{ ...result }] }] }] }],
  ])('a URL is not an image in %s', async (_, body) => {
    expect(await read(body, 'openai', true)).toMatchObject({ imageBytes: 0, imagesBytes: 0 })
  })

  test.each<[string, object]>([
    ['Anthropic', { messages: [{ content: [{ type: 'image', source: address }] }] }],
    [
      'Anthropic, of a tool',
      { messages: [{ content: [{ type: 'tool_result', content: [{ source: address }] }] }] },
    ],
    ['Responses, of a tool', { input: [{ output: [{ image_url: address.url }] }] }],
    ['Gemini', { contents: [{ parts: [{ fileData: { fileUri: 'gs://bucket/a' } }] }] }],
    ['in a list', { messages: [{ content: [{ image_url: [[{ url: address.url }]] }] }] }],
    ['in other letters', { messages: [{ content: [{ Image_URL: { URL: address.url } }] }] }],
    ['after a call', { messages: [{ arguments: {}, images: [address.url] }] }],
    ['at the top', { mask: { url: address.url } }],
  ])('a URL is an image in parts of messages: %s', async (_, body) => {
    expect(await read(body, 'openai', true)).toMatchObject({
      imageBytes: Number.POSITIVE_INFINITY,
    })
  })

  test('a long text in the arguments of a tool call is charged as text', async () => {
    const call = { function: { arguments: { data: large } } }
    expect(await read({ messages: [{ tool_calls: [call] }] })).toMatchObject({ imagesBytes: 0 })
  })

  test('a long text is not an image', async () => {
    expect(await read({ messages: [{ content: large }] })).toMatchObject({
      imageBytes: 0,
      imagesBytes: 0,
    })
  })
})

describe('members that callers may not set', () => {
  test.each([
    ['llamacpp', 'id_slot'],
    ['llamacpp', 'chat_template'],
    ['vllm', 'chat_template'],
    ['vllm', 'kv_transfer_params'],
    ['openai', 'api_base'],
    ['openai', 'completion'],
  ] as const)('at %s: %s', async (kind, name) => {
    for (const written of [name, name.toUpperCase()]) {
      const refused = await read({ model: 'm', [written]: 1 }, kind)
      expect(refused).toMatchObject({ defect: 'body-field-refused', detail: { param: name } })
    }
    expect(typeof (await read({ model: 'm', [name]: 1 }, 'ollama'))).toBe('object')
  })
})

describe('a member that callers may not set is refused only in its own position', () => {
  const words = {
    api_base: 'x',
    model: 'y',
    user_config: {},
    fallbacks: [],
    tags: ['a'],
    ID: 1,
    id: 2,
  }
  test.each([
    { metadata: { tags: ['a'], priority: 'high', ID: 1, id: 2, note: 'api_base' } },
    { tools: [{ type: 'function', function: { name: 'f', parameters: { properties: words } } }] },
    { tools: [{ name: 'f', input_schema: { properties: words } }] },
    { response_format: { type: 'json_schema', json_schema: { schema: { properties: words } } } },
    { messages: [{ role: 'assistant', content: [{ type: 'tool_use', id: 't', input: words }] }] },
    { messages: [{ role: 'assistant', tool_calls: [{ function: { arguments: words } }] }] },
    { contents: [{ parts: [{ functionCall: { name: 'f', args: words } }] }] },
    { messages: [{ role: 'user', content: [{ type: 'text', text: 'api_base', cache: words }] }] },
  ])('%j passes', async (body) => {
    expect(await read({ model: 'm', ...body }, 'openai')).toMatchObject({ members: {} })
  })

  test.each([
    [{ metadata: { api_base: 'http://evil' } }, 'metadata.api_base'],
    [{ metadata: { API_Base: 'http://evil' } }, 'metadata.api_base'],
    [{ Metadata: { langfuse_host: 'http://evil' } }, 'metadata.langfuse_host'],
    [{ metadata: { guardrails: [] } }, 'metadata.guardrails'],
    [{ metadata: { disable_global_guardrails: true } }, 'metadata.disable_global_guardrails'],
    [{ metadata: { user_api_key_user_id: 'root' } }, 'metadata.user_api_key_user_id'],
    [{ metadata: { posthog_api_url: 'http://evil' } }, 'metadata.posthog_api_url'],
    [{ metadata: '{"tags":["a"]}' }, 'metadata'],
    [{ tags: ['a'] }, 'tags'],
    [{ aws_access_key_id: 'x' }, 'aws_access_key_id'],
    [{ 'aws_Bearer gk_abcde01234': 'x' }, '…'],
  ])('%j is refused by its name', async (body, param) => {
    const refused = await read({ model: 'm', ...body }, 'openai')
    expect(refused).toMatchObject({ defect: 'body-field-refused', detail: { param } })
    expect((refused as { detail: { text: string } }).detail.text).toContain(`"${param}"`)
  })
})
