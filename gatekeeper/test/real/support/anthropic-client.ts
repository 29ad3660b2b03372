import Anthropic from '@anthropic-ai/sdk'
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

/** The field in which a client library or a tool built on it sends the key. */
const carriers: Readonly<Record<string, (key: string) => object>> = {
  'apiKey (Bearer)': (key) => ({ apiKey: key }),
  'authToken (Bearer)': (key) => ({ authToken: key }),
  // As older versions of the library send their apiKey.
  'x-api-key': (key) => ({ apiKey: null, defaultHeaders: { 'X-Api-Key': key } }),
  // As Claude Code sends what its apiKeyHelper says.
  'both fields': (key) => ({ authToken: key, defaultHeaders: { 'X-Api-Key': key } }),
}
const byCarrier = Object.entries(carriers)

/** `entryPoint.path` has no /v1 here: the library adds it. */
function createAnthropic(entryPoint: EntryPoint, credential: object): Anthropic {
  const baseURL = `${entryPoint.gateway().stack.url}${entryPoint.path}`
  return new Anthropic({
    baseURL,
    fetch: entryPoint.gateway().fetch,
    logLevel: 'off',
    ...credential,
  })
}

/** The tests of an Anthropic client for any server with /v1/messages. */
export function itServesAnthropicClients(entryPoint: EntryPoint): void {
  const people = () => entryPoint.gateway().people
  const { model } = entryPoint
  const short = { model, messages, max_tokens: fewTokens }

  it.each(byCarrier)('anthropic: sends a message with the key as %s', async (_, carry) => {
    const client = createAnthropic(entryPoint, carry(people().ada.key))
    const answer = await client.messages.create(short)
    expect(answer.content[0]).toMatchObject({ type: 'text', text: expect.stringMatching(/\S/) })
    expect(answer.usage.output_tokens).toBeGreaterThan(0)
  })

  it('anthropic: streams a message part by part', async () => {
    const client = createAnthropic(entryPoint, { apiKey: people().ada.key })
    const { parts, times } = await readTimed(() =>
      client.messages.create({
        ...short,
        max_tokens: streamedTokens,
        stream: true,
      }),
    )
    expectSpread(times)
    expect(parts[0]?.type).toBe('message_start')
    expect(parts.at(-1)?.type).toBe('message_stop')
  })

  it('anthropic: an abort in mid-stream stops the server', async () => {
    const client = createAnthropic(entryPoint, { apiKey: people().ada.key })
    const stream = await client.messages.create({ ...short, max_tokens: longTokens, stream: true })
    const parts = stream[Symbol.asyncIterator]()
    await parts.next()
    await parts.next()
    await expectServerToStop(entryPoint, () => stream.controller.abort())
  })

  it.each(byCarrier)(
    'anthropic: a wrong key as %s raises AuthenticationError',
    async (_, carry) => {
      const client = createAnthropic(entryPoint, carry(createApiKey().key))
      const error = await client.messages.create(short).catch((failure: unknown) => failure)
      expect(error).toBeInstanceOf(Anthropic.AuthenticationError)
      expect(error).toMatchObject({
        ...{ status: 401, type: 'authentication_error', apiMessage: reasonRow('unknown-key').text },
      })
    },
  )

  it('anthropic: two different keys at once are refused', async () => {
    const credential = { authToken: people().ada.key, defaultHeaders: { 'X-Api-Key': 'gk_other' } }
    const client = createAnthropic(entryPoint, credential)
    const answer = client.messages.create(short)
    await expect(answer).rejects.toBeInstanceOf(Anthropic.BadRequestError)
  })

  it.each(byCarrier)('anthropic: a key for another service as %s is refused', async (_, carry) => {
    const client = createAnthropic(entryPoint, carry(people().stranger.key))
    const error = await client.messages.create(short).catch((failure: unknown) => failure)
    expect(error).toBeInstanceOf(Anthropic.PermissionDeniedError)
    expect(error).toMatchObject({ type: 'permission_error' })
  })

  it('anthropic: a readonly key lists and sends no message', async () => {
    const client = createAnthropic(entryPoint, { apiKey: people().reader.key })
    expect((await client.models.list()).data.length).toBeGreaterThan(0)
    const answer = client.messages.create(short)
    await expect(answer).rejects.toBeInstanceOf(Anthropic.PermissionDeniedError)
  })

  it('anthropic: an unlisted path raises NotFoundError', async () => {
    const client = createAnthropic(entryPoint, { apiKey: people().ada.key })
    const answer = client.messages.batches.list()
    await expect(answer).rejects.toBeInstanceOf(Anthropic.NotFoundError)
  })
}

/** If the server counts tokens without computing an answer: a readonly key may. */
export function itCountsForAnthropicClients(entryPoint: EntryPoint): void {
  it('anthropic: counts tokens', async () => {
    const client = createAnthropic(entryPoint, { apiKey: entryPoint.gateway().people.reader.key })
    const answer = await client.messages.countTokens({ model: entryPoint.model, messages })
    expect(answer.input_tokens).toBeGreaterThan(0)
  })
}
