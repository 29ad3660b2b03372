import OpenAI from 'openai'
import { expect, it } from 'vitest'
import { createApiKey } from '../../../src/api-keys/api-key.ts'
import { reasonRow } from '../../../src/model/reason.ts'
import { waitUntil } from '../../support/child.ts'
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

const tools = [
  {
    type: 'function' as const,
    function: {
      name: 'weather',
      description: 'The weather of a city',
      parameters: { type: 'object', properties: { city: { type: 'string' } } },
    },
  },
]

/** The openai library with its usual options, and nothing from this machine's environment. */
export function createOpenai(
  entryPoint: EntryPoint,
  apiKey: string,
  send: typeof fetch = entryPoint.gateway().fetch,
): OpenAI {
  return new OpenAI({
    baseURL: `${entryPoint.gateway().stack.url}${entryPoint.path}`,
    apiKey,
    fetch: send,
    ...{ organization: null, project: null, adminAPIKey: null, logLevel: 'off' },
  })
}

/** The tests of an openai client at any entry point with its API. */
export function itServesOpenaiClients(entryPoint: EntryPoint): void {
  const people = () => entryPoint.gateway().people
  const ada = () => createOpenai(entryPoint, people().ada.key)
  const { model } = entryPoint

  it('openai: lists the models', async () => {
    const listed = await ada().models.list()
    expect(listed.data.map(({ id }) => id.replace(/:latest$/, ''))).toContain(model)
  })

  it('openai: chats, with the counts of tokens', async () => {
    const answer = await ada().chat.completions.create({ model, messages, max_tokens: fewTokens })
    expect(answer.choices[0]?.message.content).toMatch(/\S/)
    expect(answer.usage?.completion_tokens).toBe(fewTokens)
  })

  it('openai: streams a chat part by part, with the counts at its end', async () => {
    const { parts, times } = await readTimed(() =>
      ada().chat.completions.create({
        ...{ model, messages, max_tokens: streamedTokens, stream: true },
        stream_options: { include_usage: true },
      }),
    )
    expectSpread(times)
    expect(parts.at(-1)?.usage?.completion_tokens).toBe(streamedTokens)
  })

  it('openai: streams over HTTP/2 as well', async () => {
    const client = createOpenai(entryPoint, people().ada.key, entryPoint.gateway().fetchH2)
    const { times } = await readTimed(() =>
      client.chat.completions.create({
        model,
        messages,
        max_tokens: streamedTokens,
        stream: true,
      }),
    )
    expectSpread(times)
  })

  it.each(['HTTP/1.1', 'HTTP/2'])('openai: an abort over %s stops the server', async (protocol) => {
    const { fetch, fetchH2 } = entryPoint.gateway()
    const client = createOpenai(
      entryPoint,
      people().ada.key,
      protocol === 'HTTP/2' ? fetchH2 : fetch,
    )
    const stream = await client.chat.completions.create({
      ...{ model, messages, max_tokens: longTokens, stream: true },
    })
    const parts = stream[Symbol.asyncIterator]()
    await parts.next()
    await expectServerToStop(entryPoint, () => stream.controller.abort())
  })

  it('openai: an abort before the answer began stops the server', async () => {
    const abort = new AbortController()
    const { tap } = entryPoint.gateway()
    const sentBefore = tap.sent().length
    const isAsked = () => tap.sent().length > sentBefore
    const isComputing = async () => !(await entryPoint.watchServer()())
    const answer = ada().chat.completions.create(
      { model, messages, max_tokens: longTokens },
      { signal: abort.signal },
    )
    const failure = answer.catch((error: unknown) => error)
    await waitUntil(() => isAsked() && isComputing(), {
      ...{ limitMs: 20_000, describe: () => 'the request never reached the server' },
    })
    await expectServerToStop(entryPoint, () => abort.abort(), 'unstreamed')
    expect(await failure).toBeInstanceOf(OpenAI.APIUserAbortError)
  })

  it('openai: sends tools', async () => {
    const { chat } = ada()
    const asked = chat.completions.create({ model, messages, tools, max_tokens: fewTokens })
    // A server whose model has no template for tools says so itself, and the client gets to read
    // it.
    const answer = await asked.catch((error) => error)
    if (answer instanceof Error) expect(answer.message).toContain('does not support tools')
    else expect(answer.choices).toHaveLength(1)
  })

  it("openai: the server's own refusal keeps its status", async () => {
    const unknown = ada().models.retrieve('no-such-model')
    await expect(unknown).rejects.toBeInstanceOf(OpenAI.NotFoundError)
  })

  it.each([
    ['an unknown key', () => createApiKey().key],
    ['a mistyped key', () => people().ada.key.replace(/.$/, (last) => (last === 'a' ? 'b' : 'a'))],
    ['a key of another vendor', () => 'sk-proj-0123456789abcdef0123456789abcdef'],
  ])('openai: %s raises AuthenticationError, at once', async (_, key) => {
    const attempts = countAttempts(entryPoint.gateway().fetch)
    const client = createOpenai(entryPoint, key(), attempts.fetch)
    for (const answer of [
      () => client.models.list(),
      () => client.chat.completions.create({ model, messages }),
      () => client.chat.completions.create({ model, messages, stream: true }),
    ]) {
      const error = await answer().then(String, (failure: unknown) => failure)
      expect(error).toBeInstanceOf(OpenAI.AuthenticationError)
      expect(error).toMatchObject({
        ...{ status: 401, code: 'invalid_api_key', type: 'authentication_error' },
        message: expect.stringContaining(reasonRow('unknown-key').text),
        requestID: expect.stringMatching(/\w{8}/),
      })
    }
    expect(attempts.count()).toBe(3)
  })

  it('openai: a key for another service raises PermissionDeniedError and is not retried', async () => {
    const attempts = countAttempts(entryPoint.gateway().fetch)
    const client = createOpenai(entryPoint, people().stranger.key, attempts.fetch)
    const error = await client.models.list().then(String, (failure: unknown) => failure)
    expect(error).toBeInstanceOf(OpenAI.PermissionDeniedError)
    expect(error).toMatchObject({ code: 'service_not_allowed', type: 'permission_error' })
    expect(attempts.count()).toBe(1)
  })

  it('openai: a readonly key lists and may not chat', async () => {
    const client = createOpenai(entryPoint, people().reader.key)
    expect((await client.models.list()).data.length).toBeGreaterThan(0)
    const chat = client.chat.completions.create({ model, messages, max_tokens: fewTokens })
    const error = await chat.then(String, (failure: unknown) => failure)
    expect(error).toBeInstanceOf(OpenAI.PermissionDeniedError)
    expect(error).toMatchObject({ code: 'endpoint_not_allowed' })
  })

  it('openai: a key limited to models chats with no other, and not at a check', async () => {
    const chat = createOpenai(entryPoint, people().limited.key).chat.completions
    const error = await chat.create({ model, messages }).catch((failure: unknown) => failure)
    const isSeen = entryPoint.point === 'relay'
    expect(error).toBeInstanceOf(isSeen ? OpenAI.NotFoundError : OpenAI.PermissionDeniedError)
    expect(error).toMatchObject({ code: isSeen ? 'model_not_found' : 'not_inspected' })
  })

  it('openai: an unlisted path raises NotFoundError and never reaches the server', async () => {
    const mark = `/x-unlisted-${entryPoint.point}`
    await expect(ada().get(mark)).rejects.toBeInstanceOf(OpenAI.NotFoundError)
    expect(entryPoint.gateway().tap.sent()).not.toContain(mark)
  })
}

function countAttempts(send: typeof fetch): { fetch: typeof fetch; count: () => number } {
  let count = 0
  const counting: typeof fetch = (input, init) => {
    count += 1
    return send(input, init)
  }
  return { fetch: counting, count: () => count }
}

/**
 * Where the server closes its connections without a word: llama-server does after every streamed
 * answer, and it says keep-alive before. The next request on such a connection is lost.
 */
export function itSurvivesClosedConnections(entryPoint: EntryPoint): void {
  it('openai: a request right after a streamed answer is never lost', async () => {
    const { gateway, model } = entryPoint
    const client = createOpenai(entryPoint, gateway().people.ada.key).withOptions({ maxRetries: 0 })
    const statuses: unknown[] = []
    gateway().tap.delayCloseMs = 20
    for (let round = 0; round < 5; round++) {
      await readTimed(() =>
        client.chat.completions.create({ model, messages, max_tokens: 50, stream: true }),
      )
      const next = client.chat.completions.create({ model, messages, max_tokens: fewTokens })
      statuses.push(
        await next.then(
          () => 200,
          ({ status }) => status,
        ),
      )
    }
    gateway().tap.delayCloseMs = 0
    expect(statuses).toEqual([200, 200, 200, 200, 200])
  })
}

/** If the server can embed. */
export function itEmbedsForOpenaiClients(entryPoint: EntryPoint): void {
  it('openai: embeds', async () => {
    const client = createOpenai(entryPoint, entryPoint.gateway().people.ada.key)
    // The library asks for base64 by itself and decodes it.
    const answer = await client.embeddings.create({
      model: entryPoint.model,
      input: ['hello', 'you'],
    })
    expect(answer.data).toHaveLength(2)
    expect(answer.data[0]?.embedding).toHaveLength(64)
  })
}

/** If the server has the Responses API. */
export function itRespondsToOpenaiClients(entryPoint: EntryPoint): void {
  it('openai: streams a response of the Responses API', async () => {
    const client = createOpenai(entryPoint, entryPoint.gateway().people.ada.key)
    const { parts, times } = await readTimed(() =>
      client.responses.create({
        ...{
          model: entryPoint.model,
          input: 'hello you',
          max_output_tokens: streamedTokens,
          stream: true,
        },
      }),
    )
    expectSpread(times)
    expect(parts[0]?.type).toBe('response.created')
    expect(parts.at(-1)?.type).toMatch(/^response\.(completed|incomplete)$/)
  })
}
