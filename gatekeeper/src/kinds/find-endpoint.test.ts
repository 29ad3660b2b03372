import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { aService, type KindName, kindsByName } from '../../test/support/questions.ts'
import type { Endpoint, EndpointClass } from '../model/endpoint.ts'
import { findEndpoint, findEndpointOfEscaped, modelInPath } from './find-endpoint.ts'

const rowsOf = (name: KindName): readonly Endpoint[] => kindsByName[name].rows ?? []
const ollama = aService()
const litellm = aService({ name: 'litellm', kind: 'openai' })
const comfy = aService({ name: 'image', kind: 'http', webSockets: ['/ws'] })

type Expected = readonly [methods: string, path: string, needed: EndpointClass, model?: string]

/** Written by hand from reference/endpoints.md §1a and §1b: an independent copy of the table. */
const ollamaRows: readonly Expected[] = [
  ['GET HEAD', '/', 'open'],
  ['GET HEAD', '/api/version', 'open'],
  ['GET HEAD', '/api/tags', 'read'],
  ['GET', '/api/ps', 'read'],
  ['POST', '/api/show', 'read', 'model name'],
  ['GET', '/api/status', 'read'],
  ['GET', '/api/experimental/model-recommendations', 'read'],
  ['POST', '/api/generate', 'use', 'model'],
  ['POST', '/api/chat', 'use', 'model'],
  ['POST', '/api/embed', 'use', 'model'],
  ['POST', '/api/embeddings', 'use', 'model'],
  ['POST', '/api/pull', 'manage', 'model name'],
  ['POST', '/api/push', 'manage', 'model name'],
  ['POST', '/api/create', 'manage', 'from model name'],
  ['POST HEAD', '/api/blobs/sha256:00aa', 'manage'],
  ['POST', '/api/copy', 'manage', 'destination source'],
  ['DELETE', '/api/delete', 'manage', 'model name'],
  ['POST', '/api/experimental/web_search', 'manage'],
  ['POST', '/api/experimental/web_fetch', 'manage'],
  ['POST', '/api/me', 'never'],
  ['POST', '/api/signout', 'never'],
  ['DELETE', '/api/user/keys/abc', 'never'],
  ['GET POST', '/debug/pprof/', 'never'],
  ['GET POST', '/debug/pprof/heap', 'never'],
  ['GET POST', '/debug/pprof/goroutine/x', 'never'],
  ['POST', '/v1/chat/completions', 'use', 'model'],
  ['POST', '/v1/completions', 'use', 'model'],
  ['POST', '/v1/embeddings', 'use', 'model'],
  ['POST', '/v1/responses', 'use', 'model'],
  ['POST', '/v1/messages', 'use', 'model'],
  ['POST', '/v1/audio/transcriptions', 'use', 'in form'],
  ['GET', '/v1/models', 'read'],
  ['GET', '/v1/models/llama3', 'read', 'in path'],
]

/** Rows of the tables that the document does not have, each with its reason. */
const ollamaAdditions: readonly string[] = [
  // Answered here: Ollama has none.
  'POST /v1/messages/count_tokens',
  // HEAD of an endpoint that GET may read reveals less than the GET.
  'HEAD /v1/models',
  'HEAD /v1/models/{+model}',
  // Names with a slash in them, escaped or not.
  'GET /v1/models/{+model}',
]

/** From §1c, its main routes; both ways where the document says so. */
const litellmRows: readonly Expected[] = [
  ['POST', '/chat/completions', 'use', 'model'],
  ['POST', '/v1/chat/completions', 'use', 'model'],
  ['POST', '/completions', 'use', 'model'],
  ['POST', '/v1/completions', 'use', 'model'],
  ['POST', '/responses', 'use', 'model'],
  ['POST', '/v1/responses', 'use', 'model'],
  ['POST', '/embeddings', 'use', 'model'],
  ['POST', '/v1/embeddings', 'use', 'model'],
  ['POST', '/images/generations', 'use', 'model'],
  ['POST', '/v1/images/generations', 'use', 'model'],
  ['POST', '/images/edits', 'use', 'in form'],
  ['POST', '/v1/images/edits', 'use', 'in form'],
  ['POST', '/images/variations', 'use', 'in form'],
  ['POST', '/v1/images/variations', 'use', 'in form'],
  ['POST', '/audio/transcriptions', 'use', 'in form'],
  ['POST', '/v1/audio/transcriptions', 'use', 'in form'],
  ['POST', '/audio/translations', 'use', 'in form'],
  ['POST', '/v1/audio/translations', 'use', 'in form'],
  ['POST', '/audio/speech', 'use', 'model'],
  ['POST', '/v1/audio/speech', 'use', 'model'],
  ['POST', '/rerank', 'use', 'model'],
  ['POST', '/v1/rerank', 'use', 'model'],
  ['POST', '/v2/rerank', 'use', 'model'],
  ['POST', '/moderations', 'use', 'model'],
  ['POST', '/v1/moderations', 'use', 'model'],
  ['POST', '/v1/messages', 'use', 'model'],
  ['POST', '/v1/messages/count_tokens', 'read', 'model'],
  ['POST', '/cursor/chat/completions', 'use', 'model'],
  ['POST', '/engines/ada/m/chat/completions', 'use', 'in path'],
  ['POST', '/openai/deployments/m/chat/completions', 'use', 'in path'],
  ['POST', '/openai/deployments/ada/m/embeddings', 'use', 'in path'],
  ['POST', '/v1beta/models/m:generateContent', 'use', 'in path'],
  ['POST', '/v1beta/models/ada/m:streamGenerateContent', 'use', 'in path'],
  ['POST', '/models/m:countTokens', 'read', 'in path'],
  ['GET DELETE', '/v1/responses/resp-1', 'manage'],
  ['GET', '/responses/resp-1/input_items', 'manage'],
  ['POST', '/responses/resp-1/cancel', 'manage'],
  ['GET', '/models', 'read'],
  ['GET', '/v1/models', 'read'],
  ['GET', '/health/liveliness', 'open'],
  ['GET', '/health', 'manage'],
  ['GET', '/files', 'manage'],
  ['POST', '/v1/files', 'manage'],
  ['GET DELETE', '/v1/files/file-1', 'manage'],
  ['POST', '/v1/batches', 'manage'],
  ['GET', '/v1/batches/batch-1', 'manage'],
  ['POST', '/v1/batches/batch-1/cancel', 'manage'],
  // Stricter than the document ("read, filtered"): their api_base is not filtered yet.
  ['GET', '/model/info', 'manage'],
  ['GET', '/v1/model/info', 'manage'],
  ['GET', '/model_group/info', 'manage'],
]

const classOf = (service: typeof ollama, method: string, path: string) =>
  findEndpoint(service, method, path)?.class ?? 'unlisted'

function describeModel(model: { in: string; members?: readonly string[] } | undefined) {
  if (model === undefined || model.in === 'none') return undefined
  return model.in === 'body' ? [...(model.members ?? [])].sort().join(' ') : `in ${model.in}`
}

describe.each([
  ['Ollama', ollama, ollamaRows],
  ['LiteLLM', litellm, litellmRows],
] as const)('%s: what the document lists', (_, service, rows) => {
  test.each(rows)('%s %s is %s', (methods = '', path = '', endpointClass, model) => {
    for (const method of methods.split(' ')) {
      const endpoint = findEndpoint(service, method, path)
      expect([method, endpoint?.class]).toEqual([method, endpointClass])
      expect(describeModel(endpoint?.model)).toBe(model)
      expect(endpoint?.method).toBe(method)
    }
  })

  const every = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'CONNECT']
  const odd = [...every, 'PROPFIND', 'QUERY', 'get', 'post', 'Post', 'POST ', '', 'constructor']
  test.each(rows)('%s %s by another method is not listed', (_methods, path = '') => {
    const listed = rows.filter((row) => row[1] === path).flatMap((row) => row[0].split(' '))
    const others = odd.filter(
      (method) => !listed.includes(method) && !(method === 'HEAD' && listed.includes('GET')),
    )
    for (const method of others) {
      const found = classOf(service, method, path)
      const isOtherRow = service === litellm && ['GET', 'POST', 'DELETE'].includes(method)
      if (!isOtherRow) expect([method, found]).toEqual([method, 'unlisted'])
    }
  })

  test.each(rows.filter(([, path]) => path !== '/'))(
    '%s %s written otherwise',
    (methods = '', path = '') => {
      const [method = ''] = methods.split(' ')
      const variants = [
        `${path}/`,
        `${path}.`,
        `${path}%20`,
        `${path}%00`,
        `${path};x`,
        `${path}\n`,
        `/${path}`,
        `${path}/..`,
        path.slice(1),
        path.toUpperCase(),
        path.replace(/^\/./, (start) => start.toUpperCase()),
        path.replace(
          /\/([a-z])/,
          (_all, letter: string) => `/%${letter.charCodeAt(0).toString(16)}`,
        ),
        path.replace(/(?!^)\//, '%2f'),
        path.replace(/(?!^)\//, '//'),
        path.replace(/(?!^)\//, '\\'),
        path.replace(/(?!^)\//, '/./'),
      ].filter((variant) => variant !== path)
      // Any segment that a pattern accepts stays in the class of the pattern.
      const own = classOf(service, method, path)
      for (const variant of variants) {
        const found = classOf(service, method, variant)
        const isPattern =
          found === own && /[{*]/.test(findEndpoint(service, method, variant)?.pattern ?? '')
        const isClosed = isPattern || found === 'never'
        expect([variant, isClosed ? 'unlisted' : found]).toEqual([variant, 'unlisted'])
      }
    },
  )
})

test('the Ollama table has nothing that the document does not list', () => {
  const patternOf = (path: string) =>
    path
      .replace('sha256:00aa', '{digest}')
      .replace('keys/abc', 'keys/{key}')
      .replace('models/llama3', 'models/{model}')
      .replace(/^\/debug\/pprof\/.*/, '/debug/pprof/*')
  const documented = new Set([
    ...ollamaRows.flatMap(([methods, path]) =>
      methods.split(' ').map((method) => `${method} ${patternOf(path)}`),
    ),
    ...ollamaAdditions,
  ])
  const rows = rowsOf('ollama').map(({ method, pattern }) => `${method} ${pattern}`)
  expect(rows.filter((row) => !documented.has(row))).toEqual([])
  expect(new Set(rows).size).toBe(rows.length)
})

test.each<Expected>([
  ['POST', '/v1/audio/speech', 'use', 'model'],
  ['POST', '/v1/audio/transcriptions', 'use', 'in form'],
  ['POST', '/v1/audio/translations', 'use', 'in form'],
  ['GET', '/v1/audio/voices', 'read'],
  ['POST', '/v1/audio/voices', 'manage', 'model'],
  ['POST', '/v1/images/generations', 'use', 'model'],
  ['POST', '/v1/images/edits', 'use', 'in form'],
  ['POST', '/v1/images/variations', 'use', 'in form'],
  ['POST', '/sdapi/v1/img2img', 'use', 'model'],
])('llama-swap has speech and images: %s %s is %s', (method = '', path = '', needed, model) => {
  const endpoint = findEndpoint(aService({ kind: 'llamacpp' }), method, path)
  expect([endpoint?.class, describeModel(endpoint?.model)]).toEqual([needed, model])
})

describe('requests that must never be relayed to LiteLLM', () => {
  test.each([
    ...['/key/generate', '/key/info', '/user/new', '/team/new', '/config/update', '/spend/logs'],
    ...['/global/spend', '/sso/key/generate', '/ui/', '/openai/v1/chat/completions'],
    ...[
      '/anthropic/v1/messages',
      '/gemini/v1beta/models',
      '/vertex_ai/x',
      '/bedrock/x',
      '/azure/x',
    ],
    ...['/vllm/x', '/cohere/x', '/mistral/x', '/azure_ai/x', '/model/new', '/model/delete'],
    ...['/guardrails/list', '/prompts/list', '/login', '/ui', '/public/model_hub', '/routes'],
    ...['/test', '/metrics', '/docs', '/openapi.json', '/redoc', '/', '/v1', '/key', '/user'],
    ...['/mcp', '/mcp/x', '/mcp-rest/tools/list', '/a2a/x', '/agents', '/health/readiness'],
    ...['/health/services', '/v1/threads', '/v1/assistants', '/v1/vector_stores', '/v1/realtime'],
    ...['/v1beta/models/m:batchGenerateContent', '/engines/m/edits', '/v1/messages/batches'],
    ...['/openai/deployments/m/files', '/openai/deployments//chat/completions', '/search', '/ocr'],
    ...['/v1/realtime/client_secrets', '/realtime/calls', '/v1beta/models/:generateContent'],
    ...['/utils/transform_request', '/cache/flushall', '/credentials', '/customer/new'],
    ...['/organization/new', '/budget/new', '/tag/new', '/v1/v1/chat/completions', '/fallback'],
  ])('%s', (path) => {
    for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']) {
      expect(['never', 'unlisted']).toContain(classOf(litellm, method, path))
    }
  })
})

test('no row of LiteLLM lets a role below admin reach administration', () => {
  const words = /key|user|team|config|spend|global|sso|ui\b|login|batch|file|admin|budget/
  const low = rowsOf('openai').filter(({ pattern }) => words.test(pattern))
  for (const row of low)
    expect([row.pattern, row.class]).toEqual([
      row.pattern,
      expect.stringMatching(/^(manage|never)$/),
    ])
})

test('native endpoints answer in Ollama’s dialect, compatible ones in OpenAI’s, Gemini’s in Google’s', () => {
  for (const { pattern, dialect } of rowsOf('ollama')) {
    expect([pattern, dialect]).toEqual([pattern, pattern.startsWith('/v1/') ? 'openai' : 'ollama'])
  }
  for (const { pattern, dialect } of rowsOf('openai')) {
    const isGoogle = /:(?:generateContent|streamGenerateContent|countTokens)$/.test(pattern)
    expect([pattern, dialect]).toEqual([pattern, isGoogle ? 'gemini' : 'openai'])
  }
})

test('no kind with endpoint rows opens a WebSocket, and no row that uses a model hides it', () => {
  for (const row of [...rowsOf('ollama'), ...rowsOf('openai')]) {
    expect(row.webSocket).toBe(false)
    if (row.class === 'use') expect([row.pattern, row.model.in]).not.toEqual([row.pattern, 'none'])
  }
})

describe('opaque services: the method decides, on every path', () => {
  test.each([
    ['GET', 'read'],
    ['HEAD', 'read'],
    ['POST', 'use'],
    ['PUT', 'manage'],
    ['PATCH', 'manage'],
    ['DELETE', 'manage'],
    ['OPTIONS', 'manage'],
    ['TRACE', 'manage'],
    ['CONNECT', 'manage'],
    ['PROPFIND', 'manage'],
    ['get', 'manage'],
    ['Get', 'manage'],
    ['', 'manage'],
  ])('%s is %s', (method, endpointClass) => {
    for (const path of ['/', '/v1/audio/speech', '/deep/er']) {
      expect(findEndpoint(comfy, method, path)).toMatchObject({
        class: endpointClass,
        webSocket: false,
      })
    }
  })

  test('a WebSocket is on a path that matches its pattern, by whole segments', () => {
    const webSockets = ['/api/kernels/{id}/channels', '/stream/{+rest}']
    const jupyter = aService({ name: 'jupyter', kind: 'http', webSockets })
    const takes = (path: string) => findEndpoint(jupyter, 'GET', path)?.webSocket
    for (const path of ['/api/kernels/a-1/channels', '/stream/a', '/stream/a/b/c']) {
      expect([path, takes(path)]).toEqual([path, true])
    }
    for (const path of [
      ...['/api/kernels/channels', '/api/kernels/a/b/channels', '/api/kernels//channels'],
      ...['/api/kernels/a/channels/', '/api/kernels/a/channels/x', '/API/kernels/a/channels'],
      ...['/x/api/kernels/a/channels', '/stream', '/stream/', '/streamer/a'],
    ]) {
      expect([path, takes(path)]).toEqual([path, false])
    }
  })

  test('a WebSocket is on its exact path, and over HTTP/2 it counts as GET', () => {
    expect(findEndpoint(comfy, 'GET', '/ws')).toMatchObject({ webSocket: true, class: 'read' })
    expect(findEndpoint(comfy, 'CONNECT', '/ws')).toMatchObject({ method: 'GET', class: 'read' })
    for (const path of ['/ws/', '/WS', '/wss', '/', '/x/ws', '/ws%20']) {
      expect(findEndpoint(comfy, 'GET', path)).toMatchObject({ webSocket: false })
      expect(findEndpoint(comfy, 'CONNECT', path)).toMatchObject({ class: 'manage' })
    }
  })
})

describe('a model name with a slash', () => {
  test.each([
    [ollama, '/v1/models/ns%2Fm', '/v1/models/{+model}', 'ns/m'],
    [litellm, '/v1/models/openai%2Fgpt-4o', '/v1/models/{+model}', 'openai/gpt-4o'],
    [litellm, '/models/openai%2fgpt-4o', '/models/{+model}', 'openai/gpt-4o'],
    [litellm, '/v1/models/a%2Fb/c%3Ad', '/v1/models/{+model}', 'a/b/c:d'],
    [litellm, '/engines/a%2Fb/completions', '/engines/{+model}/completions', 'a/b'],
    [
      ...[litellm, '/openai/deployments/azure%2Fgpt/chat/completions'],
      ...['/openai/deployments/{+model}/chat/completions', 'azure/gpt'],
    ] as [typeof litellm, string, string, string],
    [
      ...[litellm, '/v1beta/models/gemini%2Fx:generateContent'],
      ...['/v1beta/models/{+model}:generateContent', 'gemini/x'],
    ] as [typeof litellm, string, string, string],
  ])('%j: %s', (service, path, pattern, model) => {
    const method = pattern.endsWith('{+model}') ? 'GET' : 'POST'
    const endpoint = findEndpointOfEscaped(service, method, path)
    expect(endpoint?.pattern).toBe(pattern)
    expect(modelInPath(endpoint as Endpoint, path)).toBe(model)
    const plain = path.replace(/%2f/gi, '/')
    expect(findEndpoint(service, method, plain)).toBe(endpoint)
    expect(modelInPath(endpoint as Endpoint, plain)).toBe(model)
  })

  test.each([
    // The slash is not part of the name, or a reader that decodes first finds another row.
    ['GET', '/v1%2Fmodels/a'],
    ['GET', '/v1/models%2Fa'],
    ['POST', '/engines/a%2Fchat/completions'],
    ['POST', '/engines/a/chat%2Fcompletions'],
    ['POST', '/v1%2Fchat%2Fcompletions'],
    ['POST', '/key%2Fgenerate'],
    ['GET', '/v1/models/a%2F..%2Fb'],
    ['GET', '/v1/models/%2Fa'],
    ['GET', '/v1/models/a%2F%2Fb'],
    ['GET', '/v1/models/a%252Fb'],
    ['GET', '/v1/files/a%2Fcontent'],
    ['GET', '/v1/models/%2e%2e%2fkey'],
  ])('%s %s matches no row', (method, path) => {
    expect(findEndpointOfEscaped(litellm, method, path)).toBeNull()
  })
})

test('the gatekeeper’s own table has /status, its document, OAuth, tokens of apps, analytics and nothing else', () => {
  const own = aService({ kind: 'own', name: 'gatekeeper' })
  expect(classOf(own, 'GET', '/status')).toBe('open')
  expect(rowsOf('own').map(({ method, pattern }) => `${method} ${pattern}`)).toEqual([
    'GET /status',
    'HEAD /status',
    ...['GET /openapi.json', 'HEAD /openapi.json'],
    'POST /oauth/token',
    'POST /oauth/introspect',
    'POST /oauth/revoke',
    'GET /analytics/overview',
    'GET /analytics/costs',
    'GET /analytics/errors',
    'GET /analytics/my-stats',
    'GET /analytics/user/{+id}',
    'POST /auth/token',
    'GET /auth/verify',
    'HEAD /auth/verify',
    'GET /auth/token-info',
    'HEAD /auth/token-info',
    'POST /auth/logout',
  ])
})

test('no path or method makes the look-up throw, or finds a row by accident', () => {
  const path = fc.oneof(fc.webPath(), fc.string(), fc.constantFrom(...ollamaRows.map(([, p]) => p)))
  const method = fc.oneof(fc.constantFrom('GET', 'POST', 'DELETE'), fc.string())
  const known = new Set(ollamaRows.map(([, listed]) => listed))
  fc.assert(
    fc.property(method, path, (asked, at) => {
      const found = findEndpoint(ollama, asked, at)
      findEndpoint(litellm, asked, at)
      findEndpoint(comfy, asked, at)
      if (found === null || known.has(at)) return
      expect(found.pattern).toMatch(/[{*]/)
      const start = found.pattern.replace(/[{*].*$/, '')
      expect(at.startsWith(start)).toBe(true)
    }),
    { numRuns: 10_000 },
  )
})

describe('methods whose class a service changes', () => {
  const own = aService({
    ...{ name: 'image', kind: 'http' },
    methodClasses: { PUT: 'use', DELETE: 'use', GET: 'use', OPTIONS: 'read' },
  })
  const classOf = (method: string) => findEndpoint(own, method, '/x')?.class

  test('have that class, and all others their usual one', () => {
    expect(['PUT', 'DELETE', 'OPTIONS', 'PATCH', 'POST'].map(classOf)).toEqual([
      ...['use', 'use', 'read', 'manage', 'use'],
    ])
  })

  test('HEAD has the class of GET, so that a page that may not be read gives no head either', () => {
    expect(['GET', 'HEAD'].map(classOf)).toEqual(['use', 'use'])
  })

  test('a method with the name of an inherited object member has its usual class', () => {
    expect(['constructor', '__proto__', 'put'].map(classOf)).toEqual(['manage', 'manage', 'manage'])
  })
})
