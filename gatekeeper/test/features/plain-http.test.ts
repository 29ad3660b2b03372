import Anthropic from '@anthropic-ai/sdk'
import { Ollama } from 'ollama'
import OpenAI from 'openai'
import { request } from 'undici'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { removedCredentialFields } from '../../src/model/credential-fields.ts'
import { makeKey } from '../support/keys.ts'
import { type Stack, startStack, testCaddy } from '../support/stack.ts'

const ada = makeKey()
const token = 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl'
const replaceIt = /https:\/\/.*sent in clear text: replace that key or token/

describe.skipIf(testCaddy === null)('plain HTTP', () => {
  let stack: Stack
  let base: string
  beforeAll(async () => {
    stack = await startStack({ keys: [ada] })
    base = `http://127.0.0.1:${stack.httpPort}`
  })
  afterAll(() => stack?.stop())

  type Options = { method?: string; headers?: Record<string, string>; body?: string }
  async function send(path: string, options: Options = {}) {
    const { method = 'GET', ...rest } = options
    const answer = await request(base + path, { method: method as 'GET', ...rest })
    const text = await answer.body.text()
    return { status: answer.statusCode, headers: answer.headers, text }
  }

  it.each<[string, string, Options]>([
    ['Authorization', '/v1/models', { headers: { authorization: `Bearer ${ada.key}` } }],
    ['a bad key', '/v1/models', { headers: { authorization: 'Bearer gk_bad' } }],
    ['Basic', '/image/', { headers: { authorization: 'Basic eDp5' } }],
    ...removedCredentialFields(undefined).map((name): [string, string, Options] => [
      name,
      '/x',
      { headers: { [name]: ada.key } },
    ]),
    ['a sub-protocol', '/image/ws', { headers: { 'sec-websocket-protocol': `a, ${ada.key}` } }],
    [
      'the sub-protocol of openai',
      '/v1/realtime',
      { headers: { 'sec-websocket-protocol': 'realtime, openai-insecure-api-key.sk-x' } },
    ],
    ['a key in the query', `/v1/models?key=${ada.key}`, {}],
    ['a key in the path', `/x/${ada.key}`, {}],
    ['an encoded key', `/x?k=${ada.key.replaceAll('_', '%5F')}`, {}],
    ['a token in the query', `/v1/models?access_token=${token}`, {}],
    ['the secret of a client', '/oauth/token', { method: 'POST', body: 'client_secret=gs_x' }],
  ])('refuses %s with the advice to use https and to replace it', async (_, path, options) => {
    const { status, headers, text } = await send(path, options)
    expect(status).toBe(400)
    expect(headers['location']).toBeUndefined()
    expect(headers['cache-control']).toBe('no-store')
    expect(text).toMatch(replaceIt)
    expect(text).toContain(`port ${stack.httpsPort}`)
    expect(text).not.toContain(ada.key)
  })

  it('refuses in the form that OpenAI, Anthropic and Ollama clients show', async () => {
    const openai = new OpenAI({ apiKey: ada.key, baseURL: `${base}/v1` })
    await expect(openai.models.list()).rejects.toThrow(replaceIt)
    const anthropic = new Anthropic({ apiKey: ada.key, baseURL: base })
    await expect(anthropic.models.list()).rejects.toThrow(replaceIt)
    const ollama = new Ollama({ host: base, headers: { authorization: `Bearer ${ada.key}` } })
    await expect(ollama.list()).rejects.toThrow(replaceIt)
    expect(stack.upstream.requests).toBe(0)
  })

  it.each([
    ['localhost', 'localhost'],
    ['localhost:8080', 'localhost'],
    ['127.0.0.1:80', '127.0.0.1'],
    ['ai.example.com', 'ai.example.com'],
    ['[::1]', '[::1]'],
    ['[::1]:8080', '[::1]'],
    ['[2001:db8::5]:80', '[2001:db8::5]'],
  ])(
    'redirects a request without a credential for %s to https, with its target',
    async (host, to) => {
      const navigation = { host, 'sec-fetch-mode': 'navigate', accept: 'text/html', cookie: 'a=b' }
      const { status, headers } = await send('/image/?a=b%20c', { headers: navigation })
      expect(status).toBe(308)
      const location = String(headers['location'])
      expect(location).toBe(`https://${to}:${stack.httpsPort}/image/?a=b%20c`)
      expect(new URL(location).hostname).toBe(to)
    },
  )
})
