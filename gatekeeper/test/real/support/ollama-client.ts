import { Ollama } from 'ollama'
import { expect, it } from 'vitest'
import { createApiKey } from '../../../src/api-keys/api-key.ts'
import { reasonRow } from '../../../src/model/reason.ts'
import {
  type EntryPoint,
  expectServerToStop,
  expectSpread,
  fewTokens,
  longTokens,
  messages,
  readTimed,
  streamedTokens,
} from './entry-point.ts'

/** The ollama library with a key, which it sends only if set in `headers`. */
function createOllama(entryPoint: EntryPoint, key: string | null): Ollama {
  return new Ollama({
    host: `${entryPoint.gateway().stack.url}${entryPoint.path}`,
    fetch: entryPoint.gateway().fetch,
    ...(key !== null && { headers: { Authorization: `Bearer ${key}` } }),
  })
}

const tools = [
  {
    type: 'function',
    function: {
      name: 'weather',
      description: 'The weather of a city',
      parameters: { type: 'object', properties: { city: { type: 'string' } } },
    },
  },
]

/** The tests of an ollama client at every entry point of Ollama. */
export function itServesOllamaClients(entryPoint: EntryPoint): void {
  const people = () => entryPoint.gateway().people
  const ada = () => createOllama(entryPoint, people().ada.key)
  const { model } = entryPoint
  const options = { num_predict: fewTokens }

  it('ollama: lists, shows, and reports loaded models and its version', async () => {
    const listed = await ada().list()
    expect(listed.models.map(({ name }) => name)).toContain(`${model}:latest`)
    expect((await ada().show({ model })).details.family).toBe('llama')
    expect((await ada().ps()).models).toBeInstanceOf(Array)
    expect((await ada().version()).version).toMatch(/^\d+\.\d+/)
  })

  it('ollama: chats and generates, with the counts of tokens', async () => {
    const chat = await ada().chat({ model, messages, options })
    expect(chat.message.content).toMatch(/\S/)
    expect(chat.eval_count).toBe(fewTokens)
    const generated = await ada().generate({ model, prompt: 'hello', options })
    expect(generated).toMatchObject({ done: true, eval_count: fewTokens })
  })

  it('ollama: streams a chat part by part', async () => {
    const long = { num_predict: streamedTokens }
    const { parts, times } = await readTimed(() =>
      ada().chat({ model, messages, stream: true, options: long }),
    )
    expectSpread(times)
    expect(parts.at(-1)).toMatchObject({ done: true, eval_count: streamedTokens })
  })

  it('ollama: an abort in mid-stream stops the server', async () => {
    const stream = await ada().chat({
      ...{ model, messages, stream: true },
      options: { num_predict: longTokens },
    })
    const parts = stream[Symbol.asyncIterator]()
    await parts.next()
    await expectServerToStop(entryPoint, () => stream.abort())
  })

  it('ollama: embeds, with the new endpoint and the old', async () => {
    const answer = await ada().embed({ model, input: ['hello', 'you'] })
    expect(answer.embeddings.map(({ length }) => length)).toEqual([64, 64])
    expect((await ada().embeddings({ model, prompt: 'hello' })).embedding).toHaveLength(64)
  })

  it("ollama: the server's own refusals keep their status and text", async () => {
    const withTools = ada().chat({ model, messages, tools, options })
    await expect(withTools).rejects.toMatchObject({
      ...{ name: 'ResponseError', status_code: 400 },
      message: expect.stringContaining('does not support tools'),
    })
    const unknown = ada().chat({ model: 'no-such-model', messages, options })
    await expect(unknown).rejects.toMatchObject({ name: 'ResponseError', status_code: 404 })
  })

  it.each([
    ['an unknown key', () => createApiKey().key, reasonRow('unknown-key').text],
    ['no key', () => null, reasonRow('no-credential').text],
  ])('ollama: %s raises ResponseError 401 with a text to read', async (_, key, message) => {
    const client = createOllama(entryPoint, key())
    const refusal = { name: 'ResponseError', status_code: 401, message }
    await expect(client.list()).rejects.toMatchObject(refusal)
    await expect(client.chat({ model, messages, options })).rejects.toMatchObject(refusal)
    const streamed = client.chat({ model, messages, stream: true, options })
    await expect(streamed).rejects.toMatchObject(refusal)
  })

  it('ollama: a key for another service raises ResponseError 403', async () => {
    const message = expect.any(String)
    const listed = createOllama(entryPoint, people().stranger.key).list()
    await expect(listed).rejects.toMatchObject({ status_code: 403, message })
  })

  it('ollama: a readonly key lists and may not chat; readwrite may not manage', async () => {
    const client = createOllama(entryPoint, people().reader.key)
    expect((await client.list()).models.length).toBeGreaterThan(0)
    const message = expect.any(String)
    const refusal = { name: 'ResponseError', status_code: 403, message }
    await expect(client.chat({ model, messages, options })).rejects.toMatchObject(refusal)
    await expect(ada().delete({ model })).rejects.toMatchObject(refusal)
    await expect(ada().pull({ model: 'other' })).rejects.toMatchObject(refusal)
    await expect(ada().copy({ source: model, destination: 'b' })).rejects.toMatchObject(refusal)
  })

  it('ollama: a key limited to models chats with no other, and not at a check', async () => {
    const client = createOllama(entryPoint, people().limited.key)
    const isSeen = entryPoint.point === 'relay'
    const message = isSeen ? `model '${model}' not found` : expect.any(String)
    const answer = client.chat({ model, messages, options })
    await expect(answer).rejects.toMatchObject({ status_code: isSeen ? 404 : 403, message })
  })
}
