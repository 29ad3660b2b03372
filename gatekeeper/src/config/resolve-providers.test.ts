import { expect, test } from 'vitest'
import { providers } from '../kinds/providers/providers.ts'
import { readGatewayFile } from './gateway-file.ts'
import { readSettings } from './read-settings.ts'

function read(yaml: string, env: Record<string, string> = {}) {
  const { settings, problems } = readSettings({
    env: { GATEKEEPER_STATE_DIR: '/s', ...env },
    folder: '/srv',
    platform: 'linux',
    readFile: () => '',
  })
  const text = `version: 1\nservices:\n  tts: {kind: http, routes: [{prefix: /tts}]}\n${yaml}`
  const readFile = (path: string) => {
    if (path === '/srv/key') return 'account-key-of-acme\n'
    throw Object.assign(new Error(path), { code: 'ENOENT' })
  }
  const gateway = readGatewayFile(text, '/srv/gatekeeper.yaml', { settings, readFile })
  return { ...gateway, problems: [...problems, ...gateway.problems] }
}

const find = (gateway: ReturnType<typeof read>, name: string) =>
  gateway.services.find((service) => service.name === name)

test('without a key and without an entry there is no provider', () => {
  expect(read('').services.map(({ name }) => name)).toEqual(['tts'])
})

test('a key in the environment is enough', () => {
  const openai = find(read('', { OPENAI_API_KEY: 'account-key' }), 'openai')
  expect(openai?.routes.map(({ prefix }) => prefix)).toEqual(['/openai/v1', '/api/openai'])
  expect(openai?.upstream).toEqual({
    origin: 'https://api.openai.com',
    basePath: '/v1',
    key: 'account-key',
  })
})

test('once one provider is there, the others are too, and answer that they lack a key', () => {
  const { services } = read('', { OPENAI_API_KEY: 'k' })
  const names = services.filter(({ kind }) => kind.provider).map(({ name }) => name)
  expect(names).toEqual(providers.map(({ name }) => name))
  expect(services.find(({ name }) => name === 'groq')?.upstream?.key).toBeNull()
})

test('a provider that nobody has set up gives way to a service of its name', () => {
  const yaml = '  groq: {kind: http, upstream: {url: "http://a:1"}, routes: [{prefix: /g}]}\n'
  const gateway = read(yaml, { OPENAI_API_KEY: 'k' })
  expect(gateway.problems).toEqual([])
  expect(find(gateway, 'groq')?.kind.name).toBe('http')
})

test('a base address replaces the version, and the public path stays', () => {
  const env = { OPENAI_API_KEY: 'k', OPENAI_BASE_URL: 'https://eu.example/gateway/v2/' }
  const openai = find(read('', env), 'openai')
  expect(openai?.routes[0]?.prefix).toBe('/openai/v1')
  expect(openai?.upstream).toMatchObject({ origin: 'https://eu.example', basePath: '/gateway/v2' })
})

test('ANTHROPIC_API_KEY is CLAUDE_API_KEY; both with one value are fine, with two they are not', () => {
  expect(find(read('', { ANTHROPIC_API_KEY: 'k' }), 'claude')?.upstream?.key).toBe('k')
  const same = { ANTHROPIC_API_KEY: 'k', CLAUDE_API_KEY: 'k' }
  expect(read('', same).problems).toEqual([])
  expect(read('', { ...same, CLAUDE_API_KEY: 'other' }).problems).toMatchObject([
    { source: 'CLAUDE_API_KEY' },
  ])
})

test('a provider of your own uses the API of a known one', () => {
  const acme = find(
    read('providers: {acme: {like: openai, url: "https://api.acme.example/v3", keyFile: key}}\n'),
    'acme',
  )
  expect(acme?.kind.name).toBe('acme')
  expect(acme?.routes[0]?.prefix).toBe('/acme/v3')
  expect(acme?.upstream?.key).toBe('account-key-of-acme')
  // It may be a LiteLLM, which a caller could send elsewhere with the account's key.
  for (const member of ['api_base', 'api_key', 'fallbacks']) {
    expect(acme?.kind.refusedMembers?.isRefused(member)).toBe(true)
  }
})

const reserved = [
  'oauth',
  'status',
  'check',
  'health',
  'admin',
  'gatekeeper',
  'control',
  'minnow',
  // Below /api these are Ollama's.
  'generate',
  'embed',
].map((name): [string, RegExp] => [
  `providers: {${name}: {like: openai, url: "https://a.example"}}\n`,
  /reserved name/,
])

test.each<[string, RegExp]>([
  ['providers: {acme: {}}\n', /not a provider that Gatekeeper knows/],
  ['providers: {acme: {like: openai}}\n', /has no address/],
  ['providers: {openai: {like: groq}}\n', /needs no like/],
  ['providers: {openai: {url: "http://api.example.com/v1"}}\n', /must be an https address/],
  ['providers: {openai: {url: "https://a:b@api.example.com/v1"}}\n', /must be an https address/],
  ['providers: {chat: {like: openai, url: "https://a.example"}}\n', /reserved name/],
  ...reserved,
  ['providers: {tts: {like: openai, url: "https://a.example"}}\n', /uses the name or path/],
  ['providers: {openai: {keyFile: missing}}\n', /cannot be read/],
  ['providers: {openai: {tls: {ca: missing}}}\n', /cannot be read/],
])('%s is refused with its place', (yaml, what) => {
  const { problems, services } = read(yaml)
  expect(problems.map((problem) => problem.what).join()).toMatch(what)
  expect(services).toEqual([])
  expect(problems[0]?.line).toBeGreaterThan(1)
})

test('a key is never sent unencrypted beyond this machine', () => {
  const at = (url: string) => read('', { OPENAI_API_KEY: 'k', OPENAI_BASE_URL: url }).problems
  expect(at('http://api.example.com/v1')).toMatchObject([{ source: 'OPENAI_BASE_URL' }])
  expect(at('http://127.0.0.1:9/v1')).toEqual([])
})

test('a service with the path of a provider is refused', () => {
  const yaml =
    '  mine: {kind: http, upstream: {url: "http://a:1"}, routes: [{prefix: /openai/x}]}\n'
  expect(
    read(yaml, { OPENAI_API_KEY: 'k' })
      .problems.map(({ what }) => what)
      .join(),
  ).toMatch(/mine uses the name or path of the provider openai/)
})

test('a service with the path at which the bridge has a provider is refused', () => {
  const yaml =
    '  mine: {kind: http, upstream: {url: "http://a:1"}, routes: [{prefix: /api/openai}]}\n'
  const { problems } = read(yaml, { OPENAI_API_KEY: 'k' })
  expect(problems.map(({ what }) => what).join()).toMatch(/path of the provider openai/)
})

test('an alias of a service cannot be the name of a provider', () => {
  const yaml =
    '  mine: {kind: http, aliases: [openai], upstream: {url: "http://a:1"}, routes: [{prefix: /x}]}\n'
  expect(
    read(yaml, { OPENAI_API_KEY: 'k' })
      .problems.map(({ what }) => what)
      .join(),
  ).toMatch(/mine uses the name or path of the provider openai/)
})

test('a rule of an issuer may name a provider', () => {
  const issuer = (service: string) =>
    `issuers:\n  - {issuer: "https://i.example", audience: a, algorithms: [RS256], keys: {discovery: true}, rules: [{role: readwrite, services: [${service}]}]}\n`
  const env = { OPENAI_API_KEY: 'k' }
  expect(read(issuer('openai'), env).problems).toEqual([])
  expect(read(issuer('nobody'), env).problems).toHaveLength(1)
})
