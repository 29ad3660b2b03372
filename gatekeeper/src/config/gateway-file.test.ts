import { describe, expect, test } from 'vitest'
import { makeCertificate } from '../../test/support/certificate.ts'
import { kindsByName } from '../../test/support/questions.ts'
import { readGatewayFile } from './gateway-file.ts'
import { readSettings } from './read-settings.ts'

const canary = 'sk-canary-0123456789'
const files: Record<string, string> = { '/srv/gate/key': `${canary}\n`, '/srv/gate/two': 'a\nb' }
const readFile = (path: string) => {
  const text = files[path]
  if (text === undefined) throw Object.assign(new Error(`no ${path}`), { code: 'ENOENT' })
  return text
}

function read(text: string, env: Record<string, string> = {}) {
  const { settings } = readSettings({ env, folder: '/srv/gate', platform: 'linux', readFile })
  return readGatewayFile(text, '/srv/gate/gatekeeper.yaml', { settings, readFile })
}
const placesOf = (text: string) =>
  read(text).problems.map(({ line, column, what }) => `${line}:${column} ${what}`)

const head = 'version: 1\nservices:\n'
const ollama = '  ollama: {kind: ollama, routes: [{prefix: /api}]}\n'

describe('a valid file', () => {
  test('gives its services with every default', () => {
    const { services, problems, warnings } = read(head + ollama)
    expect([problems, warnings]).toEqual([[], []])
    expect(services).toEqual([
      {
        name: 'ollama',
        kind: kindsByName.ollama,
        aliases: [],
        routes: [{ prefix: '/api', strip: false, mode: 'relay', browser: 'none' }],
        upstream: { origin: 'http://127.0.0.1:11434', key: null },
        timeouts: { connectSeconds: 5, headersSeconds: 900, idleSeconds: 900 },
        keepAlive: true,
        anonymous: false,
        origins: [],
        webSockets: [],
        limits: [],
        perAddress: [],
        queue: { slots: 1, waitingMax: 512, waitingPerKeyMax: 256, longestWaitMs: 120_000 },
        prices: [],
      },
    ])
  })

  test('records everything that is not excluded', () => {
    expect(read(head + ollama).audit).toEqual({
      ...{ allowed: 'all', sampleOf: 10, required: false, retainDays: 90, bytesMax: 512_000_000 },
    })
    const own = 'audit: {allowed: sampled, sampleOf: 100, required: true, megabytes: 2}\n'
    expect(read(own + head + ollama).audit).toEqual({
      ...{ allowed: 'sampled', sampleOf: 100, required: true, retainDays: 90, bytesMax: 2_000_000 },
    })
  })

  test('prices come from the service and from a file, in integer micro-dollars', () => {
    files['/srv/gate/prices.yaml'] = 'b*: {inputUsdPerMillion: 0.15, outputUsdPerMillion: 0}'
    const price = 'a: {inputUsdPerMillion: 2.5, outputUsdPerMillion: 10}'
    const text = `${head}  ollama: {kind: ollama, routes: [{prefix: /api}], prices: {${price}}, pricesFile: prices.yaml}\n`
    expect(read(text).services[0]?.prices).toEqual([
      {
        model: 'a',
        price: { inputMicroUsdPerMillion: 2_500_000, outputMicroUsdPerMillion: 10_000_000 },
      },
      { model: 'b*', price: { inputMicroUsdPerMillion: 150_000, outputMicroUsdPerMillion: 0 } },
    ])
    expect(placesOf(text.replace('prices.yaml', 'none.yaml'))).toEqual([
      expect.stringMatching(/^3:\d+ none\.yaml cannot be read \(ENOENT\)$/),
    ])
  })

  test('a service without slots has no queue', () => {
    const text = `${head}  ollama: {kind: ollama, slots: unlimited, routes: [{prefix: /api}]}\n`
    expect(read(text).services[0]?.queue).toBeNull()
    const litellm = `${head}  x: {kind: openai, upstream: {url: "http://h:1"}, routes: [{prefix: /x}]}\n`
    expect(read(litellm).services[0]?.queue).toBeNull()
  })

  test('kinds have their modes, and a route may have another', () => {
    const text = `${head}  ollama: {kind: ollama, routes: [{prefix: /api}, {prefix: /chat, strip: true, mode: check}]}
  tts: {kind: http, routes: [{prefix: /tts, strip: true}]}\n`
    const modes = read(text).services.flatMap(({ routes }) => routes.map(({ mode }) => mode))
    expect(modes).toEqual(['relay', 'check', 'check'])
  })

  test('a check-only service without an address has a block in the Caddyfile', () => {
    const { services } = read(`${head}  sd: {kind: http, routes: [{prefix: /sd}]}\n`)
    expect(services[0]?.upstream).toBeNull()
  })

  test('the environment overrides the upstreams of the file', () => {
    const text = `${head}  ollama: {kind: ollama, upstream: {url: "http://file:1"}, routes: [{prefix: /api}]}\n`
    expect(read(text).services[0]?.upstream?.origin).toBe('http://file:1')
    const { services } = read(text, { OLLAMA_URL: 'http://environment:2' })
    expect(services[0]?.upstream?.origin).toBe('http://environment:2')
  })

  test('an upstream’s key comes from its file', () => {
    const text = `${head}  litellm: {kind: openai, upstream: {url: "http://l:4000", keyFile: key}, routes: [{prefix: /l, strip: true}]}\n`
    expect(read(text).services[0]?.upstream).toEqual({ origin: 'http://l:4000', key: canary })
    const { services } = read(text, { LITELLM_MASTER_KEY: 'sk-other' })
    expect(services[0]?.upstream?.key).toBe('sk-other')
  })

  test('an address for a service that does not exist is a warning', () => {
    const { warnings } = read(head + ollama, { LITELLM_URL: 'http://litellm:4000' })
    expect(warnings.map(({ source }) => source)).toEqual(['LITELLM_URL'])
  })

  test('LiteLLM without an address has no route to show', () => {
    const { services, problems } = read(
      `${head}  litellm: {kind: openai, routes: [{prefix: /litellm, strip: true}]}\n`,
    )
    expect([services[0]?.routes, problems]).toEqual([[], []])
  })
})

describe('a certificate authority of a service', () => {
  const { cert: ca, key } = makeCertificate({ isAuthority: true })
  const { cert: other } = makeCertificate({ isAuthority: true })
  Object.assign(files, {
    '/srv/gate/certs/ca.pem': `# our own\n${ca}${other}`,
    '/srv/gate/certs/empty.pem': ' \n',
    '/srv/gate/certs/text.pem': 'hello',
    '/srv/gate/certs/key.pem': `${ca}${key}`,
    '/srv/gate/certs/cut.pem': `${ca}${ca.replace(/\n.{64}\n/, '\n')}`,
    '/srv/gate/certs/request.pem': ca.replaceAll('CERTIFICATE', 'CERTIFICATE REQUEST'),
  })
  const textOf = (file: string, url = 'https://l:1') =>
    `${head}  a: {kind: openai, upstream: {url: "${url}", tls: {ca: ${file}}}, routes: [{prefix: /a}]}\n`

  test('is read from a file next to gatekeeper.yaml', () => {
    const { services, problems } = read(textOf('certs/ca.pem'))
    expect(problems).toEqual([])
    expect(services[0]?.upstream).toEqual({
      ...{ origin: 'https://l:1', key: null },
      ca: files['/srv/gate/certs/ca.pem'],
    })
  })

  test.each([
    ['certs/none.pem', 'cannot be read (ENOENT)'],
    ['certs/empty.pem', 'is empty'],
    ['certs/text.pem', 'has no certificate in PEM form'],
    ['certs/key.pem', 'contains a private key'],
    ['certs/cut.pem', 'has a block that is not a certificate: the second'],
    ['certs/request.pem', 'has a block that is not a certificate: the first'],
  ])('an invalid file is named: %s', (file, what) => {
    const { problems, services } = read(textOf(file))
    expect(services).toEqual([])
    expect(problems).toMatchObject([
      { line: 3, what: expect.stringContaining(`${file} ${what}`), remedy: /PEM/ },
    ])
    expect(JSON.stringify(problems)).not.toContain('BEGIN PRIVATE')
  })

  test('needs an https address: the one in the environment counts', () => {
    const text = textOf('certs/ca.pem', 'http://l:1')
    expect(placesOf(text)).toEqual([expect.stringMatching(/^3:\d+ a has tls, .* is plain http/)])
    const ollama = text.replace('  a: {kind: openai', '  ollama: {kind: ollama')
    const { problems } = read(ollama, { OLLAMA_URL: 'https://l:1' })
    expect(problems).toEqual([])
  })

  test.each([
    ['tls: certs/ca.pem', 'must name a file: tls: {ca: certs/ca.pem}'],
    ['tls: {ca: [a]}', 'must be the path of a PEM file, such as certs/ca.pem'],
    ['tls: {file: a}', 'has an unknown member "file"'],
  ])('in another form is a problem that names what is allowed: %s', (tls, what) => {
    const text = textOf('x').replace('tls: {ca: x}', tls)
    expect(placesOf(text).join()).toContain(what)
  })
})

describe('the field of a route that carries our credential', () => {
  const textOf = (field: string, more = '') =>
    `${head}  a: {kind: http, routes: [{prefix: /a, credentialField: ${field}${more}}]}\n`

  test.each([
    ['X-API-Key', 'x-api-key'],
    ['x-api-key', 'x-api-key'],
    ['Authorization', 'authorization'],
    ['Basic', 'basic'],
    ['api-key', 'api-key'],
    ['X-Goog-Api-Key', 'x-goog-api-key'],
  ])('%s is accepted in any letter case', (text, credentialField) => {
    const { services, problems } = read(textOf(text))
    expect(problems).toEqual([])
    expect(services[0]?.routes[0]?.credentialField).toBe(credentialField)
  })

  test.each(['Cookie', 'X-Forwarded-For', '""', 'X-API-Key:', 'Bearer', 'constructor'])(
    '%s is not accepted, and the problem lists the ones that are',
    (text) => {
      const what = placesOf(textOf(text.endsWith(':') ? `"${text}"` : text))
      expect(what).toEqual([
        expect.stringMatching(/credentialField: must be .* X-API-Key, Authorization/),
      ])
    },
  )

  test('of a route with a password dialog is Authorization, which the browser sends', () => {
    expect(placesOf(textOf('X-API-Key', ', browser: basic'))).toEqual([
      expect.stringMatching(/a browser sends its password in Authorization/),
    ])
    expect(placesOf(textOf('Basic', ', browser: basic'))).toEqual([])
  })

  test('cannot be set when the upstream gets a key of ours: two would reach it', () => {
    const text = `${head}  a: {kind: openai, upstream: {url: "http://l:1", keyFile: key}, routes: [{prefix: /a, credentialField: X-API-Key}]}\n`
    expect(placesOf(text)).toEqual([expect.stringMatching(/the gatekeeper sends its own key to a/)])
  })
})

describe('classes of methods', () => {
  const textOf = (methods: string, kind = 'http') =>
    `${head}  a: {kind: ${kind}, methods: ${methods}, upstream: {url: "http://a:1"}, routes: [{prefix: /a, mode: relay}]}\n`

  test('are by method, and only for the listed ones', () => {
    const { services, problems } = read(textOf('{use: [PUT, PATCH], manage: [POST]}'))
    expect(problems).toEqual([])
    expect(services[0]?.methodClasses).toEqual({ PUT: 'use', PATCH: 'use', POST: 'manage' })
  })

  test.each([
    ['{use: PUT}', 'must be a list of methods, such as [PUT, PATCH, DELETE]'],
    ['[PUT]', 'must give methods a class, such as methods: {use: [PUT, PATCH, DELETE]}'],
    ['{use: [put]}', 'must be a method in capital letters, such as PUT'],
    ['{use: [CONNECT]}', 'CONNECT and TRACE are never let through'],
    ['{use: [""]}', 'must be a method in capital letters'],
    ['{open: [PUT]}', 'has an unknown member "open"'],
    ['{use: [PUT], manage: [PUT]}', 'methods lists PUT in more than one class'],
  ])('%s is refused, and the problem names what is allowed', (methods, what) => {
    expect(placesOf(textOf(methods)).join()).toContain(what)
  })

  test('mean nothing for a kind with a table, so they are refused there', () => {
    expect(placesOf(textOf('{use: [PUT]}', 'openai'))).toEqual([
      expect.stringMatching(/kind openai has its own table of endpoints/),
    ])
  })
})

describe('each problem has its line and column', () => {
  test.each([
    [
      'an unknown member of a service',
      `${head}  x: {kind: http, port: 1, routes: [{prefix: /x}]}\n`,
      '3:19',
    ],
    [
      'an unknown member of a route',
      `${head}  x: {kind: http, routes: [{prefix: /x, stripe: true}]}\n`,
      '3:41',
    ],
    ['an unknown member of the file', `${head}${ollama}extra: 1\n`, '4:1'],
    ['a wrong version', 'version: 2\nservices: {}\n', '1:1'],
    ['a version as text', `version: "1"\nservices: {}\n`, '1:1'],
    ['an unknown kind', `${head}  x:\n    kind: grpc\n    routes: [{prefix: /x}]\n`, '4:5'],
    ['no kind', `${head}  x: {routes: [{prefix: /x}]}\n`, '3:3'],
    ['no routes', `${head}  x: {kind: http}\n`, '3:3'],
    ['an empty list of routes', `${head}  x: {kind: http, routes: []}\n`, '3:19'],
    [
      'a prefix without a slash',
      `${head}  x:\n    kind: http\n    routes:\n      - prefix: x\n`,
      '6:9',
    ],
    [
      'a prefix with a slash at its end',
      `${head}  x:\n    kind: http\n    routes:\n      - prefix: /x/\n`,
      '6:9',
    ],
    [
      'an odd name of a service',
      `${head}  Ollama: {kind: ollama, routes: [{prefix: /x}]}\n`,
      '3:3',
    ],
    ['a wrong mode', `${head}  x: {kind: http, routes: [{prefix: /x, mode: proxy}]}\n`, '3:41'],
    [
      'an upstream with a query',
      `${head}  ollama: {kind: ollama, upstream: {url: "http://h/v1?a=1"}, routes: [{prefix: /x}]}\n`,
      '3:37',
    ],
    [
      'an origin with a path',
      `${head}  x: {kind: http, origins: ["https://a.example/"], routes: [{prefix: /x}]}\n`,
      '3:29',
    ],
    [
      'a time limit of zero',
      `${head}  x: {kind: http, timeouts: {idleSeconds: 0}, routes: [{prefix: /x}]}\n`,
      '3:30',
    ],
  ])('%s', (_, text, place) => {
    expect(placesOf(text)).toEqual([expect.stringMatching(new RegExp(`^${place} `))])
    expect(read(text).services).toEqual([])
  })

  test('all problems are listed, and a broken file gives no service', () => {
    const text = `${head}  a: {kind: nope, routes: [{prefix: /a}], more: 1}\n  b: {kind: http, routes: [{prefix: b}]}\n`
    const { problems, services } = read(text)
    expect(problems.length).toBeGreaterThanOrEqual(3)
    expect(services).toEqual([])
    for (const problem of problems) {
      expect(problem).toMatchObject({
        source: '/srv/gate/gatekeeper.yaml',
        line: expect.any(Number),
        column: expect.any(Number),
      })
      expect(problem.remedy).toMatch(/\.$/)
    }
  })
})

describe('rules beyond the schema', () => {
  test('a prefix belongs to one service', () => {
    const text = `${head}  a: {kind: http, routes: [{prefix: /x}]}\n  b: {kind: http, routes: [{prefix: /x}]}\n`
    expect(placesOf(text)).toEqual(['4:29 /x is already a route of a'])
  })

  test('a prefix twice in one service is refused', () => {
    const text = `${head}  a: {kind: http, routes: [{prefix: /x}, {prefix: /x, mode: check}]}\n`
    expect(placesOf(text)).toEqual(['3:43 /x is already a route of a'])
  })

  test.each([
    ...['/health', '/status', '/livez', '/readyz', '/metrics', '/check', '/oauth', '/.well-known'],
    ...[
      '/auth',
      '/admin',
      '/console',
      '/minnow',
      '/shark',
      '/authorized',
      '/oauth/x',
      '/check/tts',
    ],
  ])('%s is reserved for the gatekeeper', (prefix) => {
    const text = `${head}  a: {kind: http, routes: [{prefix: ${prefix}}]}\n`
    expect(placesOf(text)).toEqual([`3:29 ${prefix} is reserved for the gatekeeper`])
  })

  test('a prefix that only begins like a reserved one is free', () => {
    expect(placesOf(`${head}  a: {kind: http, routes: [{prefix: /healthy}]}\n`)).toEqual([])
  })

  test.each([
    ...[
      '/',
      '//',
      '/a//b',
      '/a/../b',
      '/a/./b',
      '/%61',
      '/a%2fb',
      '/A',
      '/a b',
      '/a*',
      '/a?b',
      '/a#b',
    ],
    ...['/{x}', '/a;b', '/a/', '/a.', 'a', '""', '/a\\\\b'],
  ])('the prefix %s is refused', (prefix) => {
    const text = `${head}  a: {kind: http, routes: [{prefix: "${prefix.replaceAll('"', '')}"}]}\n`
    expect(read(text).problems).toHaveLength(1)
  })

  test('a name or alias belongs to one service', () => {
    const text = `${head}  a: {kind: http, aliases: [b], routes: [{prefix: /a}]}\n  b: {kind: http, aliases: [c], routes: [{prefix: /b}]}\n  d: {kind: http, aliases: [c], routes: [{prefix: /d}]}\n`
    expect(placesOf(text)).toEqual([
      '3:29 b is the name of another service',
      '5:29 c is the name of another service',
    ])
  })

  test('no service and no alias can be the service of administration', () => {
    const text = `${head}  control: {kind: http, routes: [{prefix: /c}]}\n  b: {kind: http, aliases: [control], routes: [{prefix: /b}]}\n`
    expect(placesOf(text)).toEqual([
      '3:3 the name control is reserved for the gatekeeper',
      '4:29 control is the name of another service',
    ])
  })

  test('a relay route needs an upstream', () => {
    const text = `${head}  a: {kind: openai, routes: [{prefix: /a}]}\n`
    expect(placesOf(text)).toEqual(['3:3 a has a relay route but no upstream'])
  })

  test('a check-only service cannot have a key: Caddy sends none', () => {
    const text = `${head}  a: {kind: http, upstream: {url: "http://a:1", keyFile: key}, routes: [{prefix: /a}]}\n`
    expect(placesOf(text)).toEqual([expect.stringMatching(/a has check routes only/)])
  })

  test('services behind a check may have addresses with a path, from the file or the environment', () => {
    const text = `${head}  tts: {kind: http, upstream: {url: "http://a:1/base/"}, routes: [{prefix: /a}]}\n`
    expect(read(text).services[0]?.upstream).toEqual({
      ...{ origin: 'http://a:1', basePath: '/base', key: null },
    })
    const { services } = read(text, { TTS_URL: 'http://b:2/' })
    expect(services[0]?.upstream).toEqual({ origin: 'http://b:2', key: null })
    const usual = `${head}  whisper: {kind: http, routes: [{prefix: /a}]}\n`
    expect(read(usual).services[0]?.upstream?.origin).toBe('http://127.0.0.1:9000')
  })

  test('an address of a service that does not exist is reported, except those that compose always sets', () => {
    const sources = (env: Record<string, string>) =>
      read(head + ollama, env).warnings.map(({ source }) => source)
    expect(sources({ TTS_URL: 'http://10.0.0.3:8880' })).toEqual(['TTS_URL'])
    expect(sources({ TTS_URL: 'http://tts:8880', IMAGE_URL: 'http://image:8188' })).toEqual([])
  })

  test('WebSockets need an opaque service and a check', () => {
    const text = `${head}  ollama: {kind: ollama, webSockets: [/ws], routes: [{prefix: /a, mode: check}]}\n`
    expect(placesOf(text)).toEqual([expect.stringMatching(/^3:26 WebSockets need/)])
  })

  test('a password dialog needs a check', () => {
    const text = `${head}  ollama: {kind: ollama, routes: [{prefix: /a, browser: basic}]}\n`
    expect(placesOf(text)).toEqual([expect.stringMatching(/^3:48 browser: basic/)])
  })

  test.each([
    ['none', 'cannot be read (ENOENT)'],
    ['two', 'does not contain exactly one key'],
  ])('a key file that holds no key: %s', (name, what) => {
    const text = `${head}  litellm: {kind: openai, upstream: {url: "http://l:1", keyFile: ${name}}, routes: [{prefix: /l}]}\n`
    const problems = placesOf(text)
    expect(problems).toEqual([expect.stringContaining(`${name} ${what}`)])
  })
})

describe('text that is not a configuration', () => {
  test.each([
    ['nothing', ''],
    ['a comment', '# nothing\n'],
    ['a text', 'ollama\n'],
    ['a list', '- a\n'],
    ['a number', '1\n'],
    ['services as a list', 'version: 1\nservices: []\n'],
    ['services as null', 'version: 1\nservices:\n'],
    ['an open bracket', 'version: 1\nservices: {a: [\n'],
    ['a tabulator', 'version: 1\nservices:\n\ta: 1\n'],
    ['a member twice', `${head}${ollama}${ollama}`],
    ['two documents', `${head}${ollama}---\n${head}${ollama}`],
    ['an unknown alias', 'version: 1\nservices: *nowhere\n'],
    ['an unknown tag', 'version: 1\nservices: !!js/function "x"\n'],
    [
      'a bomb of aliases',
      `a: &a [x, x, x, x, x, x, x, x, x]\n${[...'bcdefgh']
        .map((name, at) => `${name}: &${name} [${Array(9).fill(`*${'abcdefg'[at]}`).join(', ')}]`)
        .join('\n')}\n`,
    ],
  ])('%s is a problem with a place, and nothing is thrown', (_, text) => {
    const { problems, services } = read(text)
    expect(services).toEqual([])
    expect(problems.length).toBeGreaterThan(0)
    for (const { line, column } of problems) {
      expect([typeof line, typeof column]).toEqual(['number', 'number'])
    }
  })

  test('a syntax error is reported at its own place', () => {
    const { problems } = read('version: 1\nservices:\n  a: {kind: http\n  b: 1\n')
    expect(problems[0]?.line).toBeGreaterThanOrEqual(3)
  })

  test('a secret in the wrong place is not quoted', () => {
    const text = `${head}  litellm: {kind: openai, upstream: {url: "http://l:1", key: ${canary}}, routes: [{prefix: /l}]}\n`
    const { problems } = read(text)
    expect(problems).toHaveLength(1)
    expect(JSON.stringify(problems)).not.toContain(canary)
  })
})

test('a service may have the name of an inherited object member', () => {
  const text = `${head}  constructor: {kind: openai, upstream: {url: "http://c:1"}, routes: [{prefix: /c}]}\n`
  const { services, problems } = read(text)
  expect(problems).toEqual([])
  expect(services[0]?.upstream).toEqual({ origin: 'http://c:1', key: null })
})
