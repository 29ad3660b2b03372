import { describe, expect, it } from 'vitest'
import { readGatewayFile } from './gateway-file.ts'
import { readSettings } from './read-settings.ts'

const files: Record<string, string> = {
  '/srv/gate/prompt.txt': ' Be kind.\n',
  '/srv/gate/secret.txt': 'secret-of-a-check\n',
}
const readFile = (path: string) => {
  const text = files[path]
  if (text === undefined) throw Object.assign(new Error(path), { code: 'ENOENT' })
  return text
}
const head =
  'version: 1\nservices:\n  ollama: {kind: ollama, routes: [{prefix: /api}, {prefix: /v1}]}\n'

function read(text: string, env: Record<string, string> = {}) {
  const source = { env, folder: '/srv/gate', platform: 'linux', readFile }
  const { settings, problems } = readSettings(source)
  expect(problems).toEqual([])
  return readGatewayFile(head + text, '/srv/gate/gatekeeper.yaml', { settings, readFile })
}
const widgetOf = (text: string, env: Record<string, string> = {}) => {
  const { services, problems } = read(text, env)
  expect(problems).toEqual([])
  return services.find(({ name }) => name === 'widget')
}
const problemsOf = (text: string, env: Record<string, string> = {}) =>
  read(text, env).problems.map(({ line, what }) => `${line} ${what}`)

describe('the widget as shipped', () => {
  const found = widgetOf('widget: {origins: [https://shop.example]}')
  it('has every bound of the contract', () => {
    const { widget } = found ?? {}
    const texts = (limits: readonly { text: string }[] = []) => limits.map(({ text }) => text)
    expect(texts(found?.perAddress)).toEqual(['60/min'])
    expect(widget?.newTokens?.text).toBe('10/min')
    expect(texts(widget?.perSubject)).toEqual(['100/hour', '100k-tokens/hour'])
    expect(texts(widget?.perAddress)).toEqual(['200k-tokens/day'])
    expect(texts(widget?.perNetwork)).toEqual(['250/day', '100k-tokens/day'])
    expect(texts(widget?.forAll)).toEqual(['5k/day', '2m-tokens/day', '20usd/month'])
    expect(widget).toMatchObject({
      ...{ promptCharsMax: 32_000, outputTokensMax: 2_000, streamSecondsMax: 120 },
      ...{ allowSystem: false, singleUse: false, challenge: null, prompt: '', temperature: null },
    })
  })

  it('stands at /widget alone, for its own class of tokens', () => {
    expect(found?.routes.map(({ prefix }) => prefix)).toEqual(['/widget'])
    expect(found).toMatchObject({ tokenClass: 'widget', origins: ['https://shop.example'] })
  })
})

describe('what is behind the widget', () => {
  it.each<[string, Record<string, string>, string, string | null]>([
    ['', {}, 'ollama', null],
    ['', { OPENAI_API_KEY: 'k'.repeat(20) }, 'openai', 'gpt-4.1-mini'],
    ['', { ANTHROPIC_API_KEY: 'k'.repeat(20) }, 'claude', 'claude-haiku-4-5'],
    ['service: ollama, model: a', { OPENAI_API_KEY: 'k'.repeat(20) }, 'ollama', 'a'],
    ['model: a', { WIDGET_MODEL: 'b' }, 'ollama', 'b'],
  ])('%s %o: %s with %s', (members, env, behind, model) => {
    const widget = widgetOf(`widget: {${members}}`, env)?.widget
    expect([widget?.behind, widget?.model]).toEqual([behind, model])
  })

  it('is bounded by the newer member at OpenAI alone', () => {
    const env = { OPENAI_API_KEY: 'k'.repeat(20) }
    expect(widgetOf('widget: {}', env)?.widget?.outputMember).toBe('max_completion_tokens')
    const elsewhere = { ...env, OPENAI_BASE_URL: 'https://models.example/v1' }
    expect(widgetOf('widget: {}', elsewhere)?.widget?.outputMember).toBe('max_tokens')
  })
})

describe('the environment', () => {
  it('comes before the file', () => {
    const env = {
      ...{ ALLOWED_ORIGIN: 'https://a.example', SYSTEM_PROMPT: 'Short.', RATE_LIMIT_MAX: '5' },
      ...{ RATE_LIMIT_WINDOW: '30s', WIDGET_MONTHLY_CAP_USD: '1.5' },
    }
    const found = widgetOf('widget: {origins: [https://b.example], prompt: Long}', env)
    expect(found?.origins).toEqual(['https://a.example'])
    expect(found?.widget?.prompt).toBe('Short.')
    expect(found?.perAddress).toMatchObject([{ amount: 5, every: 0.5, text: '5/30s' }])
    expect(found?.widget?.forAll.at(-1)?.text).toBe('1.50usd/month')
  })

  it('puts the widget in or out', () => {
    expect(widgetOf('', {})).toBeUndefined()
    expect(widgetOf('', { OPENAI_API_KEY: 'k'.repeat(20) })).toBeUndefined()
    expect(widgetOf('', { ALLOWED_ORIGIN: 'https://a.example' })).toBeDefined()
    expect(widgetOf('', { GATEKEEPER_WIDGET: 'on' })?.origins).toEqual(['http://localhost:5173'])
    expect(widgetOf('widget: {}', { GATEKEEPER_WIDGET: 'off' })).toBeUndefined()
  })
})

describe('off', () => {
  it('switches one bound off', () => {
    const found = widgetOf(
      'widget: {caps: {requestsPerWindow: off, networkShare: off}, budget: {usdPerMonth: off}}',
    )
    expect(found?.perAddress).toEqual([])
    expect(found?.widget?.perNetwork).toEqual([])
    expect(found?.widget?.forAll.map(({ text }) => text)).toEqual(['5k/day', '2m-tokens/day'])
  })
})

describe('a problem is listed with its line', () => {
  it.each<[string, Record<string, string>, RegExp]>([
    ['widget: {origins: ["*"]}', {}, /^4 .*must be a web origin/],
    ['widget: {origins: [http://shop.example]}', {}, /^4 .*must be a web origin/],
    ['widget: {origins: [https://shop.example/]}', {}, /^4 .*must be a web origin/],
    ['widget: {origins: []}', {}, /^4 /],
    ['widget: {caps: {outputTokens: 0}}', {}, /^4 .*at least 1/],
    ['widget: {budget: {usdPerMonth: 0}}', {}, /^4 .*at least 0.01/],
    ['widget: {caps: {outputTokens: off}}', {}, /^4 .*any length/],
    ['widget: {budget: {usdPerMonth: off, tokensPerDay: off}}', {}, /^4 .*neither/],
    ['widget: {service: nobody}', {}, /^4 .*nobody/],
    [
      'widget: {challenge: {siteverify: {url: "http://a.example", secretFile: secret.txt, siteKey: k}}}',
      {},
      /^4 .*in clear/,
    ],
    ['widget: {prompt: a, promptFile: prompt.txt}', {}, /^4 .*both/],
    ['widget: {promptFile: missing.txt}', {}, /^4 .*ENOENT/],
    ['widget: {}', { GATEKEEPER_BIND: '0.0.0.0' }, /^4 .*names no page/],
    ['widget: {orgins: [https://a.example]}', {}, /^4 .*unknown member/],
  ])('%s %o', (text, env, expected) => {
    expect(problemsOf(text, env)).toEqual([expect.stringMatching(expected)])
  })

  it('all at once', () => {
    const found = problemsOf('widget: {caps: {outputTokens: off}, promptFile: missing.txt}', {
      GATEKEEPER_BIND: '0.0.0.0',
    })
    expect(found).toHaveLength(3)
  })

  it('a service of its name', () => {
    const text =
      '  widget: {kind: http, upstream: {url: "http://a:1"}, routes: [{prefix: /w}]}\nwidget: {}'
    expect(problemsOf(text)).toEqual([expect.stringMatching(/^4 .*reserved/)])
  })
})

it('a check by another company has its secret from a file', () => {
  const terms = '{url: "https://a.example/x", secretFile: secret.txt, siteKey: k}'
  expect(widgetOf(`widget: {challenge: {siteverify: ${terms}}}`)?.widget?.challenge).toEqual({
    ...{
      kind: 'siteverify',
      url: 'https://a.example/x',
      secret: 'secret-of-a-check',
      siteKey: 'k',
    },
  })
})

it('money has whole micro-dollars, whatever YAML has', () => {
  const found = widgetOf('widget: {budget: {usdPerMonth: 0.12345678}}')
  expect(found?.widget?.forAll.at(-1)?.amount).toBe(123_457)
})

it('the text of a file is the prompt', () => {
  expect(widgetOf('widget: {promptFile: prompt.txt}')?.widget?.prompt).toBe('Be kind.')
})

it('the paths of the older system are there where no service has them', () => {
  const prefixes = (text: string) =>
    read(text)
      .services.find(({ name }) => name === 'widget')
      ?.routes.map(({ prefix }) => prefix)
  const older = ['/widget', '/api/token', '/api/tokens', '/api/auth/exchange']
  expect(prefixes('widget: {aliases: true}')).toEqual(older)
  expect(read('widget: {aliases: true}').warnings[0]?.what).toContain('/widget/api/chat only')
  const free = readGatewayFile(
    'version: 1\nservices:\n  ollama: {kind: ollama, routes: [{prefix: /v1}]}\nwidget: {aliases: true}',
    '/srv/gate/gatekeeper.yaml',
    {
      settings: readSettings({ env: {}, folder: '/srv/gate', platform: 'linux', readFile })
        .settings,
      readFile,
    },
  )
  expect(free.services.at(-1)?.routes.map(({ prefix }) => prefix)).toEqual([...older, '/api/chat'])
})
