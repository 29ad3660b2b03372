import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  aBodySource,
  aHead,
  anEndpoint,
  aPrincipal,
  aService,
  someFacts,
} from '../../test/support/questions.ts'
import { chatEndpoints } from '../endpoints/chat.ts'
import type { RequestFacts } from '../policy/facts.ts'
import type { Principal } from '../policy/principal.ts'
import { chatBytesMax, readChat } from './chat-body.ts'
import type { ChatDeps } from './chat-head.ts'

const prompt = 'Be kind, and "brief".'
const rules = { behind: 'litellm', otherPrefixes: [], model: null, visitor: null }
const service = aService({ name: 'domain-chat', kind: 'chat', chat: rules })
const endpoint = anEndpoint(chatEndpoints[0])

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

describe('what goes on', () => {
  test('is the model, our prompt first, the texts, and nothing else', async () => {
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

  test('whatever a client sends: its words never speak with the voice of the prompt', async () => {
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

describe('a body is refused', () => {
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

  test('that is no UTF-8, too long, of another type or coding, or a bomb', async () => {
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

  test('where its copy would be too much in flight', async () => {
    expect((await ask({ take: () => false })).defect).toBe('too-much-in-flight')
  })
})

describe('the model', () => {
  test('is the one of the query, else the usual one, else the first that the caller may use', async () => {
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
    ['is none', { models: [] }],
  ])('that %s is no model here', async (_, given) => {
    expect((await ask(given)).defect).toBe('unknown-query')
  })

  test('is nobody’s where the list cannot be read: nothing goes on', async () => {
    expect((await ask({ models: null })).defect).toBe('models-unavailable')
    expect((await ask({ models: null, facts: { query: 'model=m' } })).defect).toBe(
      'models-unavailable',
    )
  })
})

test('without prompts there is no chat, and not one without a prompt', async () => {
  expect((await ask({ deps: null })).defect).toBe('check-failed')
})
