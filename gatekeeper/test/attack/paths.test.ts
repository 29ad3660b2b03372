import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type FaultyUpstream, startFaultyUpstream } from '../../../scripts/demo/faults.ts'
import { makeKey } from '../support/keys.ts'
import { exchange, openTls } from '../support/raw.ts'
import { type Stack, startStack, testCaddy } from '../support/stack.ts'

const ada = makeKey({ user: 'ada', services: ['ollama', 'litellm', 'tts', 'image'] })
const bound = makeKey({ user: 'bound', services: ['litellm'], models: ['openai/gpt-4o'] })

/** `whole` is below the prefix of `image`, with a block of its own. */
const configFor = (url: string) => `version: 1
services:
  ollama: {kind: ollama, routes: [{prefix: /api}, {prefix: /ollama, strip: true}, {prefix: /v1}]}
  litellm: {kind: openai, routes: [{prefix: /litellm, strip: true}]}
  tts: {kind: http, routes: [{prefix: /tts, strip: true}]}
  whole: {kind: http, upstream: {url: "${url}"}, routes: [{prefix: /image/admin}]}
  image: {kind: http, webSockets: [/ws, "/api/kernels/{id}/channels"], routes: [{prefix: /image, strip: true}]}
`

describe.skipIf(testCaddy === null)('paths through the real Caddy', () => {
  let stack: Stack
  let app: FaultyUpstream
  let model: FaultyUpstream
  beforeAll(async () => {
    app = await startFaultyUpstream()
    model = await startFaultyUpstream()
    const env = { TTS_URL: app.url, IMAGE_URL: app.url, LITELLM_URL: model.url }
    stack = await startStack({ keys: [ada, bound], config: configFor(app.url), env })
  })
  afterEach(() => {
    app.reset()
    model.reset()
  })
  afterAll(async () => {
    await stack?.stop()
    await app?.close()
    await model?.close()
  })

  const send = (path: string, method = 'POST', key = ada.key) =>
    stack.send(path, { key, method, ...(method === 'POST' && { json: { model: 'm' } }) })

  it.each([
    '/api/userdata/workflows%2FNAME.json',
    '/api/userdata/workflows%2fa%2Fb.json?overwrite=true&full_info=true',
    '/a%20b/caf%C3%A9',
    '/a+b%2Bc/@d%40e/f%3Ag:h',
    '/a%3Bb;c=d',
    '/100%25.json',
    '/what.json?x=%2F..%2F',
    "/!$&'()*,=[x]",
    '/folder%2F',
  ])('the service receives %s as it was checked', async (path) => {
    app.behave({ echo: true })
    for (const method of ['POST', 'GET']) {
      const answer = await send(`/image${path}`, method)
      expect([answer.status, JSON.parse(answer.text).url]).toEqual([200, path])
    }
  })

  it.each([
    ...['/image/a%2F..%2Fb', '/image/..%2Ftts%2Fx', '/image/%2e%2e/tts/x', '/image/..%2f..%2fx'],
    ...['/image/../tts/x', '/image/.%2e/x', '/image/a%5C..%5Cb', '/image/a%00b', '/image/a%0d%0ab'],
    ...['/image/%252e%252e/x', '/image/a%252Fb', '/image/%25252e', '/image/%2525'],
    ...['/image//x', '/image/%2Fx', '/image/a%2F%2Fb', '//image/x', '/image/%61'],
    ...['/image/..;/x', '/image/..%3B/x', '/image/;/x', '/image/%EF%BC%8E%EF%BC%8E/x'],
    // The prefix is literal, and the block that Caddy chooses is the one that is checked.
    ...['/image%2Fx', '/%69mage/x', '/im%61ge/x', '/image%2F..%2Ftts/x', '/image%2f%2ftts/x'],
    ...['/image/admin%2Fx', '/image/Admin%2Fx', '/image%2Fadmin/x', '/image/x%2F..%2Fadmin/x'],
  ])('%s reaches nothing', async (path) => {
    app.behave({ echo: true })
    for (const method of ['POST', 'GET']) {
      const { status } = await send(path, method)
      expect([path, [400, 404].includes(status)]).toEqual([path, true])
    }
    expect(app.requests).toBe(0)
  })

  it('a path below the longer prefix needs a key for that service', async () => {
    for (const path of ['/image/admin/x', '/image/admin/', '/image/admin/x%2Fy']) {
      expect([path, (await send(path)).status]).toEqual([path, 403])
    }
    expect(app.requests).toBe(0)
  })

  it('an escaped path does not bypass the paths of WebSockets', async () => {
    app.behave({ echo: true })
    const open = async (path: string) => {
      const request = [
        ...[`GET ${path} HTTP/1.1`, 'Host: localhost', 'Upgrade: websocket'],
        ...['Connection: Upgrade', 'Sec-WebSocket-Version: 13', `X-Api-Key: ${ada.key}`],
        'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
      ]
      return await exchange(await openTls(stack), `${request.join('\r\n')}\r\n\r\n`, 500)
    }
    for (const path of ['/image/api%2Fkernels/a/channels', '/image/api/kernels/a%2Fb/channels']) {
      expect(await open(path)).toMatch(/^HTTP\/1\.1 4\d\d /)
    }
    expect(await open('/image/api/kernels/a/b/channels')).toMatch(/^HTTP\/1\.1 4\d\d /)
    expect(app.requests).toBe(0)
    expect(await open('/image/api/kernels/a-1/channels')).toContain('"/api/kernels/a-1/channels"')
  })

  it('a key in an escaped path is refused as one in any other', async () => {
    const answer = await send(`/image/a%2F${ada.key}`)
    expect(answer.text).toContain('credential_in_target')
    expect((await send(`/image/a%2F${ada.key.replace('_', '%5F')}`)).status).toBe(400)
    expect(app.requests).toBe(0)
  })

  it('a model name with a slash works in both spellings, and is checked by its name', async () => {
    model.behave({ echo: true })
    for (const path of ['/v1/models/openai%2Fgpt-4o', '/v1/models/openai/gpt-4o']) {
      const answer = await send(`/litellm${path}`, 'GET', bound.key)
      expect([answer.status, JSON.parse(answer.text).url]).toEqual([200, path])
    }
    const before = model.requests
    for (const path of [
      ...['/v1/models/openai%2Fgpt-5', '/v1/models/openai/gpt-5', '/v1/models/openai%252Fgpt-4o'],
      ...['/v1/models/x%2F..%2Fopenai%2Fgpt-4o', '/v1%2Fmodels/openai%2Fgpt-4o'],
      ...['/key%2Fgenerate', '/v1/models%2Fopenai/gpt-4o', '/v1/files/a%2Fcontent'],
    ]) {
      const { status } = await send(`/litellm${path}`, 'GET', bound.key)
      expect([path, [400, 403, 404].includes(status)]).toEqual([path, true])
    }
    for (const path of [
      '/engines/openai%2Fgpt-4o%2Fchat/completions',
      '/engines/x%2Fy/chat%2Fcompletions',
    ]) {
      expect([400, 403, 404]).toContain((await send(`/litellm${path}`, 'POST', bound.key)).status)
    }
    expect(model.requests).toBe(before)
  })

  it('a double slash is named as the cause, in the form of the path', async () => {
    for (const path of ['//api/tags', '/api//tags', '/ollama//api/tags']) {
      const answer = await send(path, 'GET')
      expect(answer.status).toBe(400)
      expect(JSON.parse(answer.text).error).toMatch(/double slash .* end of the base URL\?$/)
    }
    for (const path of ['/v1//models', '//v1/chat/completions', '/litellm//v1/models']) {
      const { error } = JSON.parse((await send(path)).text)
      expect(error.message).toMatch(/double slash .* end of the base URL\?$/)
      expect(error.code).toBe('malformed_target')
    }
    expect(stack.upstream.requests).toBe(0)
  })

  it('a slash at the end is another path, and is named as the cause', async () => {
    const cause = /Remove the slash at the end of the path\.$/
    for (const [path, method] of [
      ['/v1/models/', 'GET'],
      ['/ollama/v1/chat/completions/', 'POST'],
      ['/litellm/v1/messages/', 'POST'],
    ] as const) {
      const answer = await send(path, method)
      expect(answer.status).toBe(404)
      expect(JSON.parse(answer.text).error.message).toMatch(cause)
    }
    expect(JSON.parse((await send('/api/generate/')).text).error).toMatch(cause)
    for (const path of ['/api/signout/', '/litellm/key/generate/']) {
      expect((await send(path)).text).not.toMatch(cause)
    }
    expect(stack.upstream.requests + model.requests).toBe(0)
  })

  it.each([
    ['/completions', 'POST', '/v1/completions'],
    ['/embeddings', 'POST', '/v1/embeddings'],
    ['/messages', 'POST', '/v1/messages'],
    ['/responses', 'POST', '/v1/responses'],
    ['/models', 'GET', '/v1/models'],
    ['/v1/v1/chat/completions', 'POST', '/v1/chat/completions'],
    ['/v1/v1/messages', 'POST', '/v1/messages'],
    ['/ollama/chat/completions', 'POST', '/ollama/v1/chat/completions'],
    ['/ollama/models', 'GET', '/ollama/v1/models'],
    ['/v1/api/chat', 'POST', '/api/chat'],
    ['/api/api/tags', 'GET', '/api/tags'],
    ['/api/v1/chat/completions', 'POST', '/v1/chat/completions'],
  ])('%s gets the hint that %s %s was probably meant', async (path, method, meant) => {
    const answer = await send(path, method)
    expect(answer.status).toBe(404)
    const { error } = JSON.parse(answer.text)
    const text = meant.includes('/v1/') ? error.message : error
    expect(text).toContain(`Did you mean ${meant}?`)
    if (meant.includes('/v1/'))
      expect(error).toMatchObject({ code: 'not_found', type: 'not_found_error' })
    // Unknown callers get no hint.
    expect((await stack.send(path, { method })).status).toBe(401)
  })
})
