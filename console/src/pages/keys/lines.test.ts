import { describe, expect, test } from 'vitest'
import type { ServiceChoice } from './keys.ts'
import { basesOf, linesFor, modelFor } from './lines.ts'

const route = (prefix: string, strip = false, host: string | null = null) => ({
  host,
  prefix,
  strip,
})
const service = (part: Partial<ServiceChoice>): ServiceChoice => ({
  ...{ name: 'x', kind: 'http', isProvider: false, routes: [], isUsable: true },
  ...part,
})
const baseUrl = 'https://localhost:8443'
const ollama = service({
  ...{ name: 'ollama', kind: 'ollama' },
  routes: [route('/api'), route('/ollama', true), route('/v1'), route('/chat', true)],
})
const litellm = service({ name: 'litellm', kind: 'openai', routes: [route('/litellm', true)] })

describe('base URLs are those of docs/clients.md', () => {
  test.each([
    ['Ollama as shipped', [ollama], `${baseUrl}/v1`, baseUrl, baseUrl],
    ['LiteLLM', [litellm], `${baseUrl}/litellm/v1`, `${baseUrl}/litellm`, null],
    [
      'Ollama below a prefix alone',
      [service({ kind: 'ollama', routes: [route('/ollama', true)] })],
      ...([`${baseUrl}/ollama/v1`, `${baseUrl}/ollama`, `${baseUrl}/ollama`] as const),
    ],
    [
      'a host of its own',
      [service({ kind: 'vllm', routes: [route('/', false, 'ai.example.com')] })],
      ...(['https://ai.example.com:8443/v1', 'https://ai.example.com:8443', null] as const),
    ],
    [
      'a provider',
      [service({ name: 'groq', kind: 'groq', isProvider: true, routes: [route('/groq', true)] })],
      ...([`${baseUrl}/groq/openai/v1`, null, null] as const),
    ],
    [
      'Anthropic',
      [
        service({
          name: 'claude',
          kind: 'claude',
          isProvider: true,
          routes: [route('/claude', true)],
        }),
      ],
      ...([null, `${baseUrl}/claude`, null] as const),
    ],
    ['speech', [service({ routes: [route('/tts', true)] })], null, null, null],
  ])('%s', (_, services, openai, anthropic, forOllama) => {
    const bases = basesOf(services, baseUrl)
    expect(bases).toMatchObject({ openai, anthropic, ollama: forOllama })
  })
})

test('each client that can use the key has lines with its address and the key', () => {
  const lines = linesFor('gk_secret', { services: [ollama], baseUrl, model: 'llama3.2' })
  expect(lines.map(({ title }) => title)).toEqual([
    ...['openai (Python)', 'openai (JS)', 'Open WebUI', 'Continue'],
    ...['anthropic', 'Claude Code', 'ollama', 'curl'],
  ])
  for (const { text } of lines) {
    expect(text).toContain('gk_secret')
    expect(text).toContain(baseUrl)
  }
})

test('a service that is no model server has the line for curl alone', () => {
  const tts = service({ routes: [route('/tts', true)] })
  const lines = linesFor('gk_secret', { services: [tts], baseUrl, model: 'm' })
  expect(lines).toMatchObject([{ title: 'curl', text: expect.stringContaining(`${baseUrl}/tts/`) }])
})

test('the model of the lines is one that the key may use', () => {
  expect(modelFor(['qwen*', 'gemma3'])).toBe('gemma3')
  expect(modelFor([])).toBe('llama3.2')
})
