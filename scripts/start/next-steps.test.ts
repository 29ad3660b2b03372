import { describe, expect, it } from 'vitest'
import type { Service } from '../../gatekeeper/src/model/service.ts'
import { type KindName, kindsByName } from '../../gatekeeper/test/support/questions.ts'
import { baseUrlOf, findPath, type NextSteps, quote, writeNextSteps } from './next-steps.ts'

const route = (prefix: string, strip = false, mode: 'relay' | 'check' = 'relay') => ({
  ...{ prefix, strip, mode },
  browser: 'none' as const,
})
const service = (name: KindName, ...routes: Service['routes']): Service => ({
  ...{ name, kind: kindsByName[name], routes, aliases: [], upstream: null, anonymous: false },
  ...{ origins: [], webSockets: [], keepAlive: false, limits: [], queue: null, prices: [] },
  timeouts: { connectSeconds: 1, headersSeconds: 1, idleSeconds: 1 },
})
const ollama = service('ollama', route('/api'), route('/ollama', true), route('/v1'))
const steps: NextSteps = {
  ...{ site: 'localhost', port: 8443, address: '127.0.0.1', caFile: '/state/root.crt' },
  ...{ services: [ollama], model: 'demo:latest', key: null },
}
const commandsOf = (changes: Partial<NextSteps>) =>
  writeNextSteps({ ...steps, ...changes }).filter((line) => line.trim().startsWith('curl '))

describe('the lines to paste', () => {
  it('call Ollama natively and in the OpenAI style, as JSON, with the CA', () => {
    const [native = '', compatible = ''] = commandsOf({})
    expect(native).toMatch(/ https:\/\/localhost:8443\/api\/generate$/)
    expect(compatible).toMatch(/ https:\/\/localhost:8443\/v1\/chat\/completions$/)
    for (const line of [native, compatible]) {
      expect(line).toContain("-H 'Content-Type: application/json'")
      expect(line).toContain('--cacert /state/root.crt')
      expect(line).toContain('-H "X-API-Key: $GK_API_KEY"')
      expect(line).toContain('"model":"demo:latest"')
    }
  })

  it('hold the key only where it was just made', () => {
    expect(commandsOf({ key: 'gk_x' }).every((line) => line.includes("'X-API-Key: gk_x'"))).toBe(
      true,
    )
    expect(commandsOf({}).join()).not.toContain('gk_x')
  })

  it('find names on this machine that no name server knows', () => {
    expect(commandsOf({ site: 'ai.lan' })[0]).toContain('--resolve ai.lan:8443:127.0.0.1')
    expect(commandsOf({ site: 'ai.lan', address: '::1' })[0]).toContain("'ai.lan:8443:[::1]'")
    expect(commandsOf({ site: '192.168.1.2' })[0]).not.toContain('--resolve')
  })

  it('need no CA file where the certificate is a public one', () => {
    const [line] = commandsOf({ site: 'ai.example.com', port: 443, caFile: null })
    expect(line).not.toMatch(/--cacert|--resolve/)
    expect(line).toMatch(/ https:\/\/ai\.example\.com\/api\/generate$/)
  })

  it('do not promise an endpoint that no route leads to', () => {
    expect(commandsOf({ services: [service('http', route('/tts', true, 'check'))] })).toEqual([])
    const openai = service('openai', route('/litellm', true))
    expect(commandsOf({ services: [openai] })[0]).toContain('/litellm/v1/chat/completions')
  })

  it('name the services that have a host of their own, and call none there', () => {
    const at = { ...route(''), host: 'webui.localhost' }
    const services = [{ ...service('ollama', at), name: 'webui' }]
    const lines = writeNextSteps({ ...steps, services })
    expect(lines).toContain('webui:      https://webui.localhost:8443/')
    expect(commandsOf({ services })).toEqual([])
    expect(writeNextSteps(steps).join()).not.toContain('webui')
  })

  it('say which word is to be replaced where no model is known', () => {
    expect(writeNextSteps({ ...steps, model: null }).join('\n')).toMatch(/MODEL: the upstream/)
  })
})

describe('the paths and words in them', () => {
  it('are found under plain prefixes first, then under stripped ones, never under checks', () => {
    const stripped = service('ollama', route('/chat', true, 'check'), route('/ollama', true))
    expect(findPath([ollama], 'ollama', '/api/generate')).toBe('/api/generate')
    expect(findPath([stripped], 'ollama', '/api/generate')).toBe('/ollama/api/generate')
    expect(findPath([stripped], 'openai', '/api/generate')).toBeNull()
  })

  it('survive the shell', () => {
    expect(quote('/plain/path-1.crt')).toBe('/plain/path-1.crt')
    expect(quote("it's $HOME `x`")).toBe(`'it'\\''s $HOME \`x\`'`)
    expect(quote('')).toBe("''")
  })

  it('write addresses of IPv6 in brackets', () => {
    expect(baseUrlOf({ site: '::1', port: 8443 })).toBe('https://[::1]:8443')
    expect(baseUrlOf({ site: 'a.example', port: 443 })).toBe('https://a.example')
  })
})
