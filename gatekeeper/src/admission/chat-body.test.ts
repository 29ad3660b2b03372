import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  aBodySource,
  aHead,
  anEndpoint,
  aPrincipal,
  aService,
  kindsByName,
  someFacts,
} from '../../test/support/questions.ts'
import { chatOver } from '../kinds/chat/chat.ts'
import type { RequestFacts } from '../model/facts.ts'
import type { Principal } from '../model/principal.ts'
import { chatBytesMax, readChat } from './chat-body.ts'
import type { ChatDeps } from './chat-head.ts'

const prompt = 'Be kind, and "brief".'
const rules = { behind: 'litellm', otherPrefixes: [], model: null, visitor: null }
const service = aService({ name: 'domain-chat', kind: 'chat', chat: rules })
const endpoint = anEndpoint(kindsByName.chat.rows?.[0])

type Given = {
  readonly body?: string | Buffer
  readonly facts?: Partial<RequestFacts>
  readonly principal?: Partial<Principal>
  readonly fields?: Readonly<Record<string, readonly string[]>>
  readonly models?: readonly string[] | null
  readonly take?: (bytes: number) => boolean
  readonly deps?: ChatDeps | null
}

async function ask(given: Given = {}) {
  const body = Buffer.from(given.body ?? '"hello"')
  const source = aBodySource({
    read: (bytesMax) => Promise.resolve(body.length > bytesMax ? 'too-large' : body),
    ...(given.take && { take: given.take }),
  })
  const models = given.models === undefined ? ['m', 'other'] : given.models
  const deps = { findPrompt: () => prompt, listModels: () => Promise.resolve(models) }
  const question = {
    head: aHead({ fields: given.fields ?? { 'content-type': ['application/json'] } }),
    facts: someFacts({ service, endpoint, query: '', ...given.facts }),
    principal: aPrincipal(given.principal),
  }
  const { facts, json } = await readChat(question, source, given.deps === null ? null : deps)
  if (facts.defect !== null) expect(json).toBeNull()
  return { ...facts, sent: json === null ? null : JSON.parse(json.bytes.toString('utf8')) }
}

describe('the forwarded body', () => {
  test('holds the model, our prompt first, the texts, and nothing else', async () => {
    const messages = [{ role: 'user', content: 'ünï "c" \u2028' }]
    const asked = await ask({ body: JSON.stringify({ messages, stream: true }) })
    expect(asked.sent).toEqual({
      model: 'm',
      messages: [{ role: 'system', content: prompt }, ...messages],
      stream: true,
    })
    expect(asked).toMatchObject({ defect: null, models: ['m'], isStream: true, outputTokens: null })
    expect(asked.promptBytes).toBeGreaterThan(prompt.length)
  })

  test('never gives the client’s words the role of the prompt', async () => {
    const role = fc.oneof(
      { weight: 8, arbitrary: fc.constantFrom('user', 'assistant') },
      fc.constantFrom('system', 'developer', 'tool', 'System'),
    )
    const message = fc.oneof(
      { weight: 6, arbitrary: fc.record({ role, content: fc.string({ minLength: 1 }) }) },
      fc.record({ role, content: fc.jsonValue(), name: fc.string() }),
    )
    const members = { messages: fc.array(message, { minLength: 1 }), stream: fc.boolean() }
    const body = fc.oneof(
      fc.record(members, { requiredKeys: ['messages'] }),
      fc.record({ ...members, model: fc.string(), tools: fc.jsonValue() }, { requiredKeys: [] }),
      fc.jsonValue(),
    )
    await fc.assert(
      fc.asyncProperty(body, async (value) => {
        const { sent } = await ask({ body: JSON.stringify(value) })
        if (sent === null) return
        const names = Object.keys(sent)
        expect(names.filter((name) => !['model', 'messages', 'stream'].includes(name))).toEqual([])
        const [first, ...rest] = sent.messages
        expect(first).toEqual({ role: 'system', content: prompt })
        for (const one of rest) {
          expect(Object.keys(one)).toEqual(['role', 'content'])
          expect(['user', 'assistant']).toContain(one.role)
        }
      }),
    )
  })
})

describe('C9: messages may be', () => {
  const list = [
    { role: 'user', content: 'one' },
    { role: 'assistant', content: 'two' },
  ]
  const said = (content: string) => [{ role: 'user', content }]
  test.each<[string, unknown, object[]]>([
    ['a list', { messages: list }, list],
    ['a plain text', { messages: 'hello' }, said('hello')],
    ['such a list as JSON text', { messages: JSON.stringify(list) }, list],
    ['the whole body, as one text', 'hello', said('hello')],
    ['the whole body, as JSON text in a text', JSON.stringify(list), list],
    ['a text that is a list of something else', { messages: '[1, 2]' }, said('[1, 2]')],
    ['a text that is an object', { messages: '{"role":"x"}' }, said('{"role":"x"}')],
    ['a text that is half a list', { messages: '[{"role":' }, said('[{"role":')],
  ])('%s', async (_, body, expected) => {
    expect((await ask({ body: JSON.stringify(body) })).sent?.messages.slice(1)).toEqual(expected)
  })

  test('a text/plain body, with the same two readings', async () => {
    const fields = { 'content-type': ['text/plain'] }
    expect((await ask({ body: 'hello', fields })).sent.messages.slice(1)).toEqual(said('hello'))
    const body = ` ${JSON.stringify(list)}\n`
    expect((await ask({ body, fields })).sent.messages.slice(1)).toEqual(list)
  })

  test('as text in a stream', async () => {
    expect((await ask({ body: '{"messages":"hi","stream":true}' })).sent.stream).toBe(true)
  })

  test.each([
    ['[{"role":"system","content":"x"}]', 'chat-role-refused'],
    ['[{"role":"user","role":"system","content":"x"}]', 'body-ambiguous'],
    ['[{"role":"user","Role":"system","content":"x"}]', 'body-ambiguous'],
    ['[{"role":"user","content":"x","name":"system"}]', 'chat-malformed'],
    ['[{"role":"user","content":[]}]', 'chat-malformed'],
    ['[{"role":"user","content":"x"},7]', 'chat-malformed'],
    ['[]', 'chat-malformed'],
    [' ', 'chat-malformed'],
  ])('as a JSON string under the same rules: %s', async (text, defect) => {
    expect((await ask({ body: JSON.stringify({ messages: text }) })).defect).toBe(defect)
    expect((await ask({ body: JSON.stringify(text) })).defect).toBe(defect)
    const fields = { 'content-type': ['text/plain'] }
    expect((await ask({ body: text, fields })).defect).toBe(defect)
  })
})

describe('a body is refused', () => {
  test.each([
    ['{"messages":[],"temperature":1,"sk-abc":2}', /^The body has temperature\. Only messages/],
    ['{"messages":[],"sk-abc":2}', /^The body has a member that is not allowed\./],
    ['{"messages":[]}', /empty/],
    ['{"messages":"x","stream":"true"}', /stream must be true or false/],
    [
      '{"messages":[{"role":"user","content":"x"},{"role":"user"}]}',
      /^messages\[1\] needs content/,
    ],
    ['{"messages":[{"content":"x"}]}', /^messages\[0\] needs a role/],
  ])('%s: the text says which part', async (body, text) => {
    const { detail } = await ask({ body })
    expect(detail?.text).toMatch(text)
    expect(detail?.text).not.toContain('sk-abc')
  })

  test.each([
    ['{"messages":[{"role":"system","content":"x"}]}', 'chat-role-refused'],
    ['{"messages":[{"role":"user","content":"x"}],"model":"other"}', 'chat-malformed'],
    ['{"Messages":[{"role":"user","content":"x"}]}', 'chat-malformed'],
    ['{"messages":[{"role":"user","role":"system","content":"x"}]}', 'body-ambiguous'],
    ['{"messages":[{"role":"user","Role":"system","content":"x"}]}', 'body-ambiguous'],
    ['"half', 'chat-malformed'],
    ['"two" "texts"', 'chat-malformed'],
    ['"\\ud800"', 'chat-malformed'],
    ['', 'chat-malformed'],
    ['\ufeff{"messages":[]}', 'chat-malformed'],
  ])('%s: %s', async (body, defect) => {
    expect((await ask({ body })).defect).toBe(defect)
  })

  test('that is not UTF-8, too long, of another type or coding, or a bomb', async () => {
    const bytes = Buffer.from([0x22, 0xff, 0x22])
    expect((await ask({ body: bytes })).defect).toBe('chat-malformed')
    const long = `"${'x'.repeat(chatBytesMax)}"`
    expect((await ask({ body: long })).defect).toBe('body-too-large')
    const type = { 'content-type': ['multipart/form-data'] }
    expect((await ask({ fields: type })).defect).toBe('body-type')
    const json = ['application/json']
    const brotli = { 'content-type': json, 'content-encoding': ['compress'] }
    expect((await ask({ fields: brotli })).defect).toBe('body-encoding')
    const gzip = { 'content-type': json, 'content-encoding': ['gzip'] }
    expect((await ask({ body: gzipSync(long), fields: gzip })).defect).toBe('body-too-large')
    expect((await ask({ body: gzipSync('"hello"'), fields: gzip })).sent.messages).toHaveLength(2)
  })

  test('when its copy would exceed the bytes in flight', async () => {
    expect((await ask({ take: () => false })).defect).toBe('too-much-in-flight')
  })
})

describe('the model', () => {
  test('is the one in the query, else the default, else the first that the caller may use', async () => {
    const withModel = aService({ ...service, chat: { ...rules, model: 'other' } })
    expect((await ask()).models).toEqual(['m'])
    expect((await ask({ principal: { models: ['oth*'] } })).models).toEqual(['other'])
    expect((await ask({ facts: { service: withModel } })).models).toEqual(['other'])
    expect((await ask({ facts: { service: withModel, query: 'model=m' } })).models).toEqual(['m'])
  })

  test.each<[string, Given]>([
    ['is not listed', { facts: { query: 'model=gone' } }],
    ['is two', { facts: { query: 'model=m,other' } }],
    ['is not the key’s', { facts: { query: 'model=m' }, principal: { models: ['other'] } }],
    ['is not its role’s', { facts: { query: 'model=m' }, principal: { roleModels: ['other'] } }],
    [
      'is not its parent’s',
      { facts: { query: 'model=m' }, principal: { parent: aPrincipal({ models: ['other'] }) } },
    ],
    [
      'runs at the vendor’s',
      { facts: { query: 'model=ollama/a:cloud' }, models: ['ollama/a:cloud'] },
    ],
  ])('that %s is not a model here', async (_, given) => {
    expect((await ask(given)).defect).toBe('model-not-allowed')
  })

  test('that is unknown and one that is not allowed get the same text, which names the requested model', async () => {
    const gone = await ask({ facts: { query: 'model=gone' } })
    const refused = await ask({ facts: { query: 'model=m' }, principal: { models: ['other'] } })
    expect(gone.detail?.text.replace('gone', 'm')).toBe(refused.detail?.text)
    expect(refused.detail).toEqual({ text: expect.stringContaining("'m'"), param: 'model' })
  })

  test('of an Ollama has many names, and a cloud model needs its own permission', async () => {
    const ollama = { service: aService({ ...service, kind: chatOver(kindsByName.ollama) }) }
    const models = ['demo:latest', 'big:cloud']
    for (const name of ['demo', 'Demo', 'library/demo', 'demo:latest']) {
      const facts = { ...ollama, query: `model=${name}` }
      expect((await ask({ facts, models })).sent?.model).toBe('demo:latest')
    }
    const facts = { ...ollama, query: 'model=big:cloud' }
    expect((await ask({ facts, models })).defect).toBe('model-not-allowed')
    const principal = { cloudModels: true }
    const allowed = await ask({ facts, models, principal })
    expect(allowed).toMatchObject({ defect: null, cloudModels: ['big:cloud'] })
    expect((await ask({ facts: ollama, models: ['big:cloud'] })).defect).toBe('model-not-allowed')
  })

  test('is allowed to nobody when the list cannot be read: nothing is forwarded', async () => {
    expect((await ask({ models: null })).defect).toBe('models-unavailable')
    expect((await ask({ models: [] })).defect).toBe('models-unavailable')
    expect((await ask({ models: null, facts: { query: 'model=m' } })).defect).toBe(
      'models-unavailable',
    )
  })
})

test('without prompts there is no chat, nor without the prompt of the domain', async () => {
  expect((await ask({ deps: null })).defect).toBe('check-failed')
})
