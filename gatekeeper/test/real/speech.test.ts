import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createApiKey } from '../../src/api-keys/api-key.ts'
import { waitUntil } from '../support/child.ts'
import type { Running } from './parts/part.ts'
import { speech } from './parts/speech.ts'
import { whisper } from './parts/whisper.ts'
import { type Gateway, openGateway, secretsOf } from './support/gateway.ts'
import { areAvailable } from './support/provision.ts'

const sentence = 'The quick brown fox jumps over the lazy dog.'
/** Minutes of speech, so that nothing ends by itself in a test. */
const book = `${sentence}\n`.repeat(2_000)

const canSpeak = await areAvailable(speech)
const canHear = canSpeak && (await areAvailable(whisper))

describe.skipIf(!canSpeak)('speech behind the shipped check', { timeout: 60_000 }, () => {
  let server: Running
  let listener: Running | undefined
  let gateway: Gateway
  beforeAll(async () => {
    server = await speech.start({})
    if (canHear) listener = await whisper.start({})
    gateway = await openGateway(server, ['tts', 'whisper'], (url) => ({
      env: { TTS_URL: url, ...(listener && { WHISPER_URL: listener.url }) },
    }))
  }, 120_000)
  afterAll(async () => {
    await gateway?.stop()
    await listener?.stop()
    await server?.stop()
  })

  const say = (input: string, key: string | null, signal?: AbortSignal) =>
    gateway.fetch(`${gateway.stack.url}/tts/v1/audio/speech`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(key !== null && { 'x-api-key': key }),
      },
      body: JSON.stringify({ input, voice: 'en' }),
      ...(signal && { signal }),
    })

  it('text gives a WAV, and the service receives the identity of the caller', async () => {
    const answer = await say(sentence, gateway.people.ada.key)
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toBe('audio/wav')
    const wav = Buffer.from(await answer.arrayBuffer())
    expect(wav.toString('latin1', 0, 4) + wav.toString('latin1', 8, 16)).toBe('RIFFWAVEfmt ')
    // Two seconds at least, of 22,050 samples of two bytes each.
    expect(wav.length).toBeGreaterThan(88_200)
    expect(server.output()).toContain('speaking, for ada')
  })

  it('a key limited to models gets the same: the service has no models', async () => {
    expect((await say(sentence, gateway.people.limited.key)).status).toBe(200)
  })

  it('the answer is streamed, and a client that disconnects ends it', async () => {
    const abort = new AbortController()
    const answer = await say(book, gateway.people.ada.key, abort.signal)
    const reader = answer.body?.getReader()
    const first = await reader?.read()
    expect(Buffer.from(first?.value ?? []).toString('latin1', 0, 4)).toBe('RIFF')
    const endings = () => server.output().split('spoken: ').length
    const before = endings()
    abort.abort()
    await waitUntil(() => endings() > before, { limitMs: 20_000, describe: server.output })
    expect(server.output().trimEnd()).toMatch(/spoken: SIGTERM$/)
  })

  it.each([
    ['no key', () => null, 401],
    ['an unknown key', () => createApiKey().key, 401],
    ['a key for another service', () => gateway.people.stranger.key, 403],
    ['a readonly key', () => gateway.people.reader.key, 403],
  ])('%s gets no word out of it', async (_, key, status) => {
    const before = gateway.tap.sent().length
    const answer = await say(sentence, key())
    expect(answer.status).toBe(status)
    expect(answer.headers.get('content-type')).toContain('application/json')
    expect(gateway.tap.sent()).toHaveLength(before)
  })

  it('the service sees no credential of ours', () => {
    const sent = gateway.tap.sent()
    expect(sent).toContain('/v1/audio/speech')
    for (const secret of secretsOf(gateway)) expect(sent.includes(secret)).toBe(false)
    expect(sent).not.toMatch(/^(authorization|x-api-key|cookie):/im)
  })

  describe.skipIf(!canHear)('and Whisper behind another', () => {
    const hear = async (audio: ArrayBuffer, key: string) => {
      const form = new FormData()
      form.set('audio_file', new Blob([audio], { type: 'audio/wav' }), 'speech.wav')
      const { body, headers } = await multipart(form)
      return await gateway.fetch(`${gateway.stack.url}/whisper/asr`, {
        method: 'POST',
        headers: { ...headers, authorization: `Bearer ${key}` },
        body,
      })
    }

    it('one writes down the speech of the other', async () => {
      const { ada } = gateway.people
      const spoken = await (await say(sentence, ada.key)).arrayBuffer()
      const heard = (await (await hear(spoken, ada.key)).json()) as { text: string }
      expect(heard.text.toLowerCase()).toMatch(/quick|brown|fox|lazy|dog/)
    })

    it('an upload with a wrong key is refused', async () => {
      expect((await hear(new ArrayBuffer(2_000_000), createApiKey().key)).status).toBe(401)
      expect((await hear(new ArrayBuffer(1_000), gateway.people.stranger.key)).status).toBe(403)
    })
  })
})

/** A form as bytes: the fetch of one undici does not accept the form of another. */
async function multipart(
  form: FormData,
): Promise<{ body: Buffer; headers: Record<string, string> }> {
  const whole = new Response(form)
  const headers = { 'content-type': whole.headers.get('content-type') ?? '' }
  return { body: Buffer.from(await whole.arrayBuffer()), headers }
}
