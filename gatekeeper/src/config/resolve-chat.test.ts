import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readGatewayFile } from './gateway-file.ts'
import { readSettings } from './read-settings.ts'

const root = resolve(import.meta.dirname, '../../..')
const LITELLM_URL = 'http://127.0.0.1:4000'
const readFile = () => {
  throw new Error('no other file is needed')
}
const head = `version: 1
services:
  ollama: {kind: ollama, routes: [{prefix: /api}]}
  litellm: {kind: openai, limits: [9/min], slots: 3, routes: [{prefix: /litellm, strip: true}]}
`
function read(chat: string, env: Record<string, string> = { LITELLM_URL }) {
  const { settings } = readSettings({ env, folder: '/srv', platform: 'linux', readFile })
  const gateway = readGatewayFile(head + chat, '/srv/gatekeeper.yaml', { settings, readFile })
  const service = gateway.services.find(({ chat }) => chat !== undefined) ?? null
  return { ...gateway, service }
}
const visitorOf = (chat: string, bind: string) =>
  read(chat, { LITELLM_URL, GATEKEEPER_BIND: bind }).service?.chat?.visitor ?? null

describe('the domain chat', () => {
  test('has the upstream and the limits of the service behind it, and its own name', () => {
    const env = { LITELLM_URL, LITELLM_MASTER_KEY: 'sk-master' }
    const { service, problems } = read('chat: {service: litellm, model: m}\n', env)
    expect(problems).toEqual([])
    expect(service).toMatchObject({
      name: 'domain-chat',
      upstream: { origin: LITELLM_URL, key: 'sk-master' },
      limits: [{ text: '9/min' }],
      // Slots are counted at the service behind it, once.
      queue: null,
      chat: { behind: 'litellm', model: 'm' },
    })
    const prefixes = service?.routes.map(({ prefix, mode, strip }) => [prefix, mode, strip])
    expect(prefixes).toEqual([
      ['/minnow', 'relay', false],
      ['/shark', 'relay', false],
      ['/authorized', 'relay', false],
    ])
  })

  test.each(['ollama', 'openai', 'llamacpp', 'vllm'])('works in front of kind %s too', (kind) => {
    const upstream = 'upstream: {url: "http://127.0.0.1:9"}'
    const text = `  own: {kind: ${kind}, ${upstream}, routes: [{prefix: /own}]}\nchat: {service: own}\n`
    const { service, problems } = read(text)
    expect(problems).toEqual([])
    expect(service).toMatchObject({ kind: { name: 'chat' }, chat: { behind: 'own' } })
  })

  test('is off when LiteLLM has no address, and when it is not configured', () => {
    expect(read('chat: {service: litellm}\n', {}).service?.routes).toEqual([])
    expect(read('').service).toBeNull()
  })

  test.each([
    ['chat: {service: tts}\n', /chat\.service names tts, which is not a service/],
    [
      '  web: {kind: http, routes: [{prefix: /web}]}\nchat: {service: web}\n',
      /chat\.service names web, which is of kind http/,
    ],
    ['chat: {}\n', /chat\.service/],
    ['chat: {service: litellm, domains: [x]}\n', /unknown member "domains"/],
    ['chat: {service: litellm, anonymous: {limits: [often]}}\n', /is not a limit/],
    [
      '  domain-chat: {kind: http, routes: [{prefix: /x}]}\n',
      /domain-chat is reserved for the gatekeeper/,
    ],
    [
      '  x: {kind: http, aliases: [domain-chat], routes: [{prefix: /x}]}\n',
      /domain-chat is the name/,
    ],
    ['  x: {kind: chat, routes: [{prefix: /x}]}\n', /kind/],
    ['  x: {kind: http, routes: [{prefix: /minnow}]}\n', /\/minnow is reserved for the gatekeeper/],
  ])('%s is a problem with its place', (text, expected) => {
    const { problems } = read(text)
    expect(problems[0]?.what).toMatch(expected)
    expect(problems[0]?.line).toBeGreaterThan(0)
  })
})

describe('C7: a caller without a credential', () => {
  const plain = 'chat: {service: litellm}\n'
  test.each([
    ['127.0.0.1', true],
    ['::1', true],
    ['0.0.0.0', false],
    ['192.168.1.2', false],
    ['::', false],
  ])('bound to %s, the default caller: %s', (bind, expected) => {
    expect(visitorOf(plain, bind) !== null).toBe(expected)
  })

  test('is decided by an explicit setting', () => {
    const off = 'chat: {service: litellm, anonymous: {enabled: false}}\n'
    const on = 'chat: {service: litellm, anonymous: {enabled: true}}\n'
    expect(visitorOf(off, '127.0.0.1')).toBeNull()
    expect(visitorOf(on, '0.0.0.0')).not.toBeNull()
  })

  test('is anonymous, holds no service, and has limits of every kind', () => {
    const visitor = visitorOf(plain, '127.0.0.1')
    expect(visitor?.principal).toMatchObject({ kind: 'anonymous', services: [], cloudModels: null })
    const limits = visitor?.principal.limits ?? []
    const kinds = limits.map((limit) => (limit.kind === 'quota' ? limit.unit : limit.kind))
    expect(new Set(kinds)).toEqual(
      new Set(['requests', 'tokens', 'micro-usd', 'concurrent', 'cap']),
    )
  })

  test('is as the guide documents', () => {
    const page = readFileSync(resolve(root, 'docs/guides/domain-chat.md'), 'utf8')
    const [, block = ''] = /```yaml\n([\s\S]*?)```/.exec(page) ?? []
    expect(block).toContain('perAddress')
    expect(read(block).problems).toEqual([])
    expect(read(block).service).toEqual(read(plain).service)
  })
})
