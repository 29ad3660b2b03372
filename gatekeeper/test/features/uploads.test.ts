import { existsSync, readFileSync } from 'node:fs'
import { Readable } from 'node:stream'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type FaultyUpstream, startFaultyUpstream } from '../../../scripts/demo/faults.ts'
import { waitUntil } from '../support/child.ts'
import { aField, aFile, formOf, formType } from '../support/forms.ts'
import { makeKey } from '../support/keys.ts'
import { openTls } from '../support/raw.ts'
import { type Stack, startStack, testCaddy } from '../support/stack.ts'

const ada = makeKey()
const limited = makeKey({ models: ['whisper-*'] })

const config = (litellmUrl: string) => `version: 1
services:
  ollama: {kind: ollama, routes: [{prefix: /api}, {prefix: /v1}]}
  litellm: {kind: openai, upstream: {url: "${litellmUrl}"}, routes: [{prefix: /litellm, strip: true}]}
`

const path = '/v1/audio/transcriptions'

describe.skipIf(testCaddy === null)('an upload', () => {
  let stack: Stack
  let litellm: FaultyUpstream
  beforeAll(async () => {
    litellm = await startFaultyUpstream()
    stack = await startStack({ keys: [ada, limited], config: config(litellm.url) })
  })
  afterEach(() => {
    litellm.reset()
    stack.upstream.reset()
  })
  afterAll(async () => {
    await stack?.stop()
    await litellm?.close()
  })

  const upload = async (body: Buffer, key = limited.key, at = path) => {
    stack.upstream.behave({ answer: (response) => response.end('{"text":"ok"}') })
    return await stack.send(at, {
      method: 'POST',
      key,
      body,
      headers: { 'content-type': formType },
    })
  }
  const complete = () => stack.upstream.received.filter(({ isComplete }) => isComplete)

  it('reaches its upstream, rewritten, with the content of its files unchanged', async () => {
    const wav = Buffer.from([0, 1, 2, 13, 10, 45, 45, 255])
    const answer = await upload(formOf(aField('model', 'whisper-1'), aFile(wav)))
    expect([answer.status, answer.text]).toEqual([200, '{"text":"ok"}'])
    const [received] = complete()
    const boundary = /boundary=(.+)$/.exec(received?.headers['content-type']?.[0] ?? '')?.[1]
    expect(boundary).toMatch(/^gatekeeper-/)
    expect(received?.body.toString('latin1')).toBe(
      `--${boundary}\r\nContent-Disposition: form-data; name="model"\r\n\r\nwhisper-1\r\n` +
        `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n` +
        `Content-Type: audio/wav\r\n\r\n${wav.toString('latin1')}\r\n--${boundary}--\r\n`,
    )
  })

  it('with a forbidden model after its file never becomes a request', async () => {
    const body = formOf(aFile(Buffer.alloc(3_000_000, 'x')), aField('model', 'forbidden'))
    const answer = await upload(body)
    expect([answer.status, JSON.parse(answer.text).error.code]).toEqual([404, 'model_not_found'])
    expect(complete()).toEqual([])
    for (const { body } of stack.upstream.received) expect(body.includes('forbidden')).toBe(false)
  })

  it('of a browser or of fetch passes in their form', async () => {
    const form = new FormData()
    form.append('file', new File(['RIFF'], 'na\u00efve "1".wav', { type: 'audio/wav' }))
    form.append('model', 'whisper-1')
    form.append('timestamp_granularities[]', 'word')
    form.append('timestamp_granularities[]', 'segment')
    form.append('prompt', 'two\nlines')
    const written = new Response(form)
    const answer = await stack.send(path, {
      ...{ method: 'POST', key: limited.key, body: Buffer.from(await written.arrayBuffer()) },
      headers: { 'content-type': written.headers.get('content-type') ?? '' },
    })
    expect(answer.status).not.toBe(400)
    expect(complete()[0]?.body.toString()).toContain('filename="na\u00efve %221%22.wav"')
  })

  it('with a model in the query is refused: a Go server would use the query', async () => {
    for (const query of ['model=forbidden', 'MODEL=x', 'mod%65l=x', 'x=1;model=y', 'model[]=x']) {
      const answer = await upload(
        formOf(aField('model', 'whisper-1')),
        limited.key,
        `${path}?${query}`,
      )
      const { code, param } = JSON.parse(answer.text).error
      expect([query, code, param]).toEqual([query, 'query_field_refused', 'model'])
    }
    expect(stack.upstream.requests).toBe(0)
  })

  it.each([
    [
      'the model twice',
      formOf(aField('model', 'whisper-1'), aField('model', 'forbidden')),
      'body_ambiguous',
    ],
    ['no model', formOf(aFile('x')), 'model_not_found'],
    ['half a form', formOf(aField('model', 'whisper-1')).subarray(0, -10), 'form_malformed'],
    [
      'a second form',
      Buffer.concat([formOf(aField('model', 'whisper-1')), formOf(aField('model', 'forbidden'))]),
      'form_malformed',
    ],
    [
      'a field without bounds',
      formOf(aField('model', 'whisper-1'), aField('prompt', 'x'.repeat(300_000))),
      'body_too_large',
    ],
  ])('with %s never becomes a request', async (_, body, code) => {
    const answer = await upload(body)
    expect(JSON.parse(answer.text).error.code).toBe(code)
    expect(complete()).toEqual([])
  })

  it('that is not a form, or is encoded, is refused unread', async () => {
    const send = (headers: Record<string, string>) =>
      stack.send(path, { method: 'POST', key: ada.key, body: 'x', headers })
    expect((await send({ 'content-type': 'audio/wav' })).status).toBe(415)
    expect((await send({ 'content-type': formType, 'content-encoding': 'gzip' })).status).toBe(415)
    expect(stack.upstream.requests).toBe(0)
  })

  it('to LiteLLM is open to all its callers, without the fields that redirect it', async () => {
    const at = '/litellm/v1/audio/transcriptions'
    litellm.behave({ status: 200, body: '{}' })
    const good = await upload(formOf(aField('model', 'whisper-1'), aFile('x')), ada.key, at)
    expect(good.status).toBe(200)
    const bad = formOf(aField('model', 'whisper-1'), aField('api_base', 'http://evil.example'))
    const answer = await upload(bad, ada.key, at)
    const { code, param, message } = JSON.parse(answer.text).error
    expect([answer.status, code, param]).toEqual([400, 'body_field_refused', 'api_base'])
    expect(message).toContain('The field "api_base" may not be set')
    expect(litellm.received.filter(({ isComplete }) => isComplete)).toHaveLength(1)
  })

  it('that its client breaks off is never complete at its upstream', async () => {
    const body = formOf(aField('model', 'whisper-1'), aFile(Buffer.alloc(500_000)))
    const socket = await openTls(stack)
    const head = [
      `POST ${path} HTTP/1.1`,
      ...['Host: localhost', `Authorization: Bearer ${limited.key}`, `Content-Type: ${formType}`],
      `Content-Length: ${body.length}`,
    ]
    socket.on('error', () => {})
    socket.write(`${head.join('\r\n')}\r\n\r\n`)
    socket.write(body.subarray(0, 400_000))
    await waitUntil(() => stack.upstream.requests === 1, {
      ...{ limitMs: 20_000, describe: stack.gatekeeper.output },
    })
    socket.destroy()
    await waitUntil(() => stack.upstream.aborted === 1, {
      ...{ limitMs: 20_000, describe: stack.gatekeeper.output },
    })
    expect(complete()).toEqual([])
  })

  it('of 100 MB passes in constant memory', async () => {
    const chunk = Buffer.alloc(1024 * 1024, 'x')
    const start = formOf(aFile(''), aField('model', 'whisper-1'))
    const split = start.indexOf('audio/wav\r\n\r\n') + 'audio/wav\r\n\r\n'.length
    function* parts() {
      yield start.subarray(0, split)
      for (let at = 0; at < 100; at++) yield chunk
      yield start.subarray(split)
    }
    let bytes = 0
    stack.upstream.behave({
      answer: (response, received) => {
        bytes = received.body.length
        response.end('{}')
      },
    })
    const before = peakBytes(stack)
    const answer = await stack.dispatcher.request({
      ...{ origin: stack.url, path, method: 'POST', body: Readable.from(parts()) },
      headers: { authorization: `Bearer ${limited.key}`, 'content-type': formType },
    })
    await answer.body.dump()
    expect(answer.statusCode).toBe(200)
    expect(bytes).toBeGreaterThan(100 * 1024 * 1024)
    if (before !== null) expect((peakBytes(stack) ?? 0) - before).toBeLessThan(80 * 1024 * 1024)
  })
})

/** The peak memory of the gatekeeper; null if the system does not report it. */
function peakBytes(stack: Stack): number | null {
  const file = `/proc/${stack.gatekeeper.process.pid}/status`
  if (!existsSync(file)) return null
  return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(file, 'utf8'))?.[1]) * 1024
}
