import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { aHead, aRoute, aService, otherKey, sampleKey } from '../../test/support/questions.ts'
import { createTokenFinder } from '../access-tokens/find-token.ts'
import { noAddressRules } from '../policy/address-rules.ts'
import { createRouteTable } from '../policy/route-table.ts'
import { readRequestFacts } from './request-facts.ts'
import type { RequestHead } from './request-head.ts'

const plainKeys = new Set(['my-plain-key', 'abc+def/ghi==', 'päss wort'])
const deps = {
  findRoute: createRouteTable([
    aService({
      routes: [
        aRoute({ prefix: '/api' }),
        aRoute({ prefix: '/v1' }),
        aRoute({ prefix: '/ollama', strip: true }),
        aRoute({ prefix: '/chat', strip: true, mode: 'check' }),
      ],
    }),
    aService({
      name: 'litellm',
      kind: 'openai',
      routes: [aRoute({ prefix: '/litellm', strip: true })],
    }),
    aService({
      name: 'tts',
      kind: 'http',
      routes: [aRoute({ prefix: '/tts', strip: true, mode: 'check' })],
    }),
    aService({
      name: 'webui',
      kind: 'http',
      routes: [aRoute({ prefix: '/webui', mode: 'check', credentialField: 'x-api-key' })],
    }),
  ]),
  addressRules: () => noAddressRules,
  plainKeyTest: () => (text: string) => plainKeys.has(text),
  holdsToken: createTokenFinder(['https://gatekeeper.example']),
}
const read = (over: Partial<RequestHead> = {}) => readRequestFacts(aHead(over), deps)
const defectOf = (over: Partial<RequestHead>) => read(over).facts.defect
const check = (over: Partial<RequestHead>): Partial<RequestHead> => ({
  point: 'check',
  checkedService: 'ollama',
  target: '/chat/api/chat',
  hasBody: false,
  ...over,
})

describe('the facts of a valid request', () => {
  test('on the relay', () => {
    const { facts, credential } = read({ target: '/api/chat?x=1' })
    expect(credential).toBe(sampleKey)
    expect(facts).toMatchObject({
      path: '/api/chat',
      query: 'x=1',
      endpointPath: '/api/chat',
      carrier: 'authorization',
      defect: null,
      upgrade: null,
      origin: null,
      isNavigation: false,
    })
    expect(facts.service?.name).toBe('ollama')
    expect(facts.endpoint?.pattern).toBe('/api/chat')
  })

  test('say whether the credential has the form of a token, valid or not', () => {
    const carries = (authorization: string) =>
      read({ fields: { authorization: [authorization] } }).facts.carriesToken
    expect(carries('Bearer e30.e30.c2ln')).toBe(true)
    for (const other of [sampleKey, 'Bearer gk_x', 'Bearer a.b', 'Bearer ', 'Bearer a.b.c.d']) {
      expect(carries(other)).toBeUndefined()
    }
  })

  test('on a check route, without its prefix', () => {
    const { facts } = read(check({}))
    expect(facts).toMatchObject({ defect: null, endpointPath: '/api/chat', path: '/chat/api/chat' })
    expect(facts.endpoint?.pattern).toBe('/api/chat')
  })

  test('of a path that has no route: no service, no endpoint, no defect', () => {
    const { facts } = read({ target: '/nowhere' })
    expect(facts).toMatchObject({ service: null, route: null, endpoint: null, defect: null })
  })

  test('of a malformed target: no part of it is used', () => {
    const { facts } = read({ target: '/api/../tts/x' })
    expect(facts).toMatchObject({
      path: '',
      query: '',
      service: null,
      endpoint: null,
      defect: 'malformed-target',
    })
  })

  test('a page that a person opens is distinguished from a script', () => {
    const fields = { 'sec-fetch-mode': ['navigate'] }
    expect(read({ method: 'GET', target: '/tts/', fields }).facts.isNavigation).toBe(true)
    expect(read({ method: 'POST', fields }).facts.isNavigation).toBe(false)
    const script = { 'sec-fetch-mode': ['cors'] }
    expect(read({ method: 'GET', fields: script }).facts.isNavigation).toBe(false)
  })

  test('HTTP/2’s CONNECT counts as a WebSocket, whatever its fields say', () => {
    expect(read({ method: 'CONNECT', protocol: 'HTTP/2.0' }).facts.upgrade).toBe('websocket')
    expect(read({ upgrade: 'WebSocket' }).facts.upgrade).toBe('websocket')
    expect(read({ upgrade: 'H2C' }).facts.upgrade).toBe('h2c')
  })

  test('HTTP/1’s CONNECT asks for a tunnel, whatever its fields say', () => {
    for (const protocol of ['HTTP/1.0', 'HTTP/1.1']) {
      expect(read({ method: 'CONNECT', protocol }).facts.upgrade).toBe('connect')
      expect(read({ method: 'CONNECT', protocol, upgrade: 'websocket' }).facts.upgrade).toBe(
        'connect',
      )
    }
  })
})

describe('the user agent', () => {
  const agentOf = (text: string) =>
    read({ fields: { ...aHead().fields, 'user-agent': [text] } }).facts.userAgent

  test('is the value of the field, shortened', () => {
    expect(read().facts.userAgent).toBeNull()
    expect(agentOf('curl/8.1')).toBe('curl/8.1')
    expect(agentOf('x'.repeat(9000))).toHaveLength(500)
  })

  test.each(['my-plain-key', 'app/1.0 (my-plain-key)', 'x=my-plain-key;'])(
    'with a plain key in it is left out: %s',
    (text) => {
      expect(agentOf(text)).toBe('***')
    },
  )
})

describe('fields with two readings are refused', () => {
  test.each(['origin', 'sec-fetch-site', 'host', 'content-type', 'content-encoding'])(
    '%s twice',
    (name) => {
      const fields = { authorization: [sampleKey], [name]: ['a', 'b'] }
      expect(defectOf({ fields })).toBe('malformed-field')
    },
  )

  test('two different credentials', () => {
    const fields = { authorization: [sampleKey], 'x-api-key': [otherKey] }
    expect(read({ fields })).toMatchObject({
      credential: null,
      facts: { defect: 'ambiguous-credential' },
    })
  })

  test.each(['model', 'MODEL', 'mo%64el', 'target_model_names', '%6dodel'])(
    'the query field %s, when the body names a model, but not before the caller is known',
    (name) => {
      for (const head of [
        { target: `/v1/audio/transcriptions?a=1&${name}=x` },
        { target: `/litellm/v1/chat/completions?${name}` },
        check({ target: `/chat/api/chat?${name}=x` }),
      ]) {
        const { facts } = read(head)
        expect([facts.defect, facts.refusedQuery?.param]).toEqual([null, expect.any(String)])
      }
    },
  )

  test('an opaque service may have a query field of that name', () => {
    const head = check({ checkedService: 'tts', target: '/tts/speak?model=x' })
    expect(read(head).facts.refusedQuery).toBeNull()
  })
})

describe('service, prefix and point must agree', () => {
  test.each([
    ['another service’s block', check({ checkedService: 'tts' })],
    ['no block at all', check({ checkedService: null })],
    ['an alias instead of the name', check({ checkedService: 'chat' })],
    ['a relay route asked as a check', check({ target: '/api/chat' })],
    ['a check route on the relay', { target: '/chat/api/chat' }],
    ['an opaque check route on the relay', { target: '/tts/speak' }],
  ] as [string, Partial<RequestHead>][])('%s: route-mismatch', (_, over) => {
    expect(defectOf(over)).toBe('route-mismatch')
  })

  test('Caddy’s looser matching cannot lend a block to a path of another service', () => {
    for (const target of ['/TTS/speak', '/tts%2f..%2fchat', '//tts/speak', '/chat/../tts/speak']) {
      const { facts } = read(check({ target }))
      expect([target, facts.defect ?? facts.service]).not.toEqual([target, 'tts'])
      expect(facts.service).toBeNull()
    }
  })
})

describe('a credential in the target is refused, even together with a valid one', () => {
  const encoded = sampleKey.replaceAll('_', '%5F')
  test.each([
    ['in a query field', `/api/tags?key=${sampleKey}`],
    ['as the name of a query field', `/api/tags?${sampleKey}`],
    ['in the second field', `/api/tags?a=1&api_key=${sampleKey}&b=2`],
    ['percent-encoded', `/api/tags?key=${encoded}`],
    ['letters percent-encoded', `/api/tags?key=${sampleKey.replace('gk', '%67%6b')}`],
    ['inside a longer value', `/api/tags?u=https%3A%2F%2Fx%2F${sampleKey}`],
    ['after Bearer', `/api/tags?authorization=Bearer%20${sampleKey}`],
    ['after Bearer with a plus', `/api/tags?authorization=Bearer+${sampleKey}`],
    ['in the path', `/api/${sampleKey}/tags`],
    ['on a path of no route', `/nowhere?key=${sampleKey}`],
    ['on an opaque service', `/tts/speak?key=${sampleKey}`],
    ['in a malformed target', `/api//tags?key=${sampleKey}`],
    ['cut short, which is still most of it', `/api/tags?key=${sampleKey.slice(0, -20)}`],
  ])('%s', (_, target) => {
    expect(defectOf({ target, method: 'GET' })).toBe('credential-in-target')
  })

  test.each([
    ['a plain key', '/api/tags?key=my-plain-key'],
    ['a plain key, letters percent-encoded', '/api/tags?key=my%2Dplain%2Dke%79'],
    ['a plain key as a name', '/api/tags?my-plain-key'],
    ['a plain key with reserved letters, encoded', '/api/tags?key=abc%2Bdef%2Fghi%3D%3D'],
    // `+` in a query is a blank in forms and a plus elsewhere: both readings count.
    ['a plain key with reserved letters, as people paste it', '/api/tags?key=abc+def/ghi=='],
    ['a plain key in the path', '/tts/my-plain-key/speak'],
    ['a plain key in the path, encoded', '/tts/p%C3%A4ss%20wort/speak'],
    ['a plain key beyond ASCII', '/api/tags?key=p%C3%A4ss%20wort'],
  ])('%s is left to a check that unknown callers never reach', (_, target) => {
    const { facts } = read({ target, method: 'GET' })
    expect(facts.hasKeyInTarget).toBe(true)
    expect(facts.defect).not.toBe('credential-in-target')
  })

  test.each(['/api/tags?key=other', '/api/tags?q=gk_', '/api/tags?my-plain-ke', '/api/tags?'])(
    '%s is not a credential',
    (target) => {
      expect(defectOf({ target, method: 'GET' })).toBeNull()
      expect(read({ target, method: 'GET' }).facts.hasKeyInTarget).toBeUndefined()
    },
  )
})

test('no field of a client becomes a statement of Caddy', () => {
  const fields = {
    authorization: [sampleKey],
    'x-forwarded-for': ['127.0.0.1'],
    'x-forwarded-uri': ['/tts/speak'],
    'x-forwarded-method': ['GET'],
    'x-forwarded-host': ['evil.example'],
    'x-http-method-override': ['DELETE'],
    'x-original-url': ['/api/delete'],
    'x-rewrite-url': ['/api/delete'],
    'x-real-ip': ['127.0.0.1'],
    forwarded: ['for=127.0.0.1'],
    host: ['evil.example'],
  }
  const { facts } = read({ fields })
  expect(facts).toMatchObject({
    method: 'POST',
    path: '/api/chat',
    host: 'ai.example',
    clientAddress: '192.0.2.7',
  })
})

test('reading any head never throws, and a bad path never gives a service', () => {
  const value = fc.array(fc.oneof(fc.string(), fc.constantFrom(sampleKey, otherKey)), {
    maxLength: 3,
  })
  const fields = fc.dictionary(
    fc.oneof(fc.constantFrom('authorization', 'origin', 'x-api-key', 'content-type'), fc.string()),
    value,
  )
  const target = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.webPath().map((path) => `/api${path}`),
    fc.webQueryParameters().map((query) => `/v1/models?${query}`),
    fc.string().map((text) => `/v1/models/${text}`),
  )
  fc.assert(
    fc.property(fields, target, fc.string(), (given, to, method) => {
      const { facts, credential } = read({ fields: given, target: to, method })
      if (facts.defect === 'malformed-target') expect(facts.service).toBeNull()
      if (credential !== null) expect(facts.carrier).not.toBe('none')
    }),
    { numRuns: 2_000 },
  )
})

describe('a field that is allowed once', () => {
  test.each(['origin', 'host', 'content-type', 'content-encoding', 'sec-fetch-site'])(
    'and came twice is named in the answer: %s',
    (name) => {
      const { facts } = read({ fields: { ...aHead().fields, [name]: ['a', 'b'] } })
      expect(facts.defect).toBe('malformed-field')
      expect(facts.detail?.text.toLowerCase()).toContain(`the ${name} field came more than once`)
      expect(facts.detail?.param?.toLowerCase()).toBe(name)
    },
  )

  test('a malformed credential is named by its field, never by its value', () => {
    const { facts } = read({ fields: { authorization: [`Token ${sampleKey}`] } })
    expect([facts.defect, facts.detail?.param]).toEqual(['malformed-field', 'Authorization'])
    expect(JSON.stringify(facts.detail)).not.toContain(sampleKey.slice(3))
  })
})

describe('at a route that names the field of our credential', () => {
  const jwt = (iss: string) =>
    `${Buffer.from('{"alg":"ES256"}').toString('base64url')}.${Buffer.from(JSON.stringify({ iss })).toString('base64url')}.c2ln`
  const webui = (fields: RequestHead['fields']) =>
    read({ point: 'check', checkedService: 'webui', target: '/webui/x', hasBody: false, fields })
  const basic = (pair: string) => Buffer.from(pair).toString('base64')

  test('the token of the application passes next to our key', () => {
    const { facts, credential } = webui({
      'x-api-key': [sampleKey],
      authorization: [`Bearer ${jwt('https://app.example')}`],
    })
    expect([credential, facts.defect, facts.stray]).toEqual([sampleKey, null, null])
  })

  test.each([
    ['a key of ours', { authorization: [`Bearer ${sampleKey}`] }, 'Authorization'],
    ['another key of ours', { authorization: [otherKey] }, 'Authorization'],
    ['a key behind another scheme', { authorization: [`Token ${otherKey}`] }, 'Authorization'],
    [
      'a key as a password',
      { authorization: [`Basic ${basic(`a:${otherKey}`)}`] },
      'Authorization',
    ],
    ['a key as a user', { authorization: [`Basic ${basic(`${otherKey}:`)}`] }, 'Authorization'],
    ['a key in api-key', { 'api-key': [otherKey] }, 'api-key'],
    [
      'a key as a sub-protocol',
      { 'sec-websocket-protocol': [`chat, ${otherKey}`] },
      'Sec-WebSocket-Protocol',
    ],
    [
      'a key behind a prefix',
      { 'sec-websocket-protocol': [`openai-insecure-api-key.${otherKey}`] },
      'Sec-WebSocket-Protocol',
    ],
    [
      'a token of ours',
      { authorization: [`Bearer ${jwt('https://gatekeeper.example')}`] },
      'Authorization',
    ],
  ] as [string, RequestHead['fields'], string][])(
    '%s in a passing field is refused, and only the field is named',
    (_, fields, name) => {
      for (const own of [{}, { 'x-api-key': [sampleKey] }]) {
        const { facts } = webui({ ...own, ...fields })
        expect([facts.defect, facts.detail?.param]).toEqual(['credential-not-for-here', name])
        expect(JSON.stringify(facts.detail)).not.toContain(otherKey.slice(14))
      }
    },
  )

  test.each([
    { authorization: ['Bearer my-plain-key'] },
    { authorization: [`Basic ${basic('x:my-plain-key')}`] },
    { 'api-key': ['abc+def/ghi=='] },
    { authorization: [`Basic ${basic('x:päss wort')}`] },
    { 'sec-websocket-protocol': ['openai-insecure-api-key.my-plain-key'] },
  ])(
    'a plain key in a forwarded field is left to a check that unknown callers never reach: %j',
    (fields) => {
      const { facts } = webui({ 'x-api-key': [sampleKey], ...fields })
      expect([facts.defect, facts.stray?.text]).toEqual([
        null,
        expect.stringMatching(/ field contains/),
      ])
    },
  )

  test('without a route that names a field no credential is stray', () => {
    const { facts } = read({ fields: { authorization: ['Bearer my-plain-key'] } })
    expect([facts.defect, facts.stray]).toEqual([null, null])
  })
})

describe('the secret of the administrator, which has no form of its own', () => {
  const secret = 'secret-of-the-administrator-0123456789'
  const withSecret = (over: Partial<RequestHead>) =>
    readRequestFacts(aHead(over), {
      ...{ ...deps, plainKeyTest: () => null },
      isAdminKey: (text) => text === secret,
    }).facts

  test('is seen in a target, and hidden in what is logged', () => {
    expect(withSecret({ target: `/api/tags?key=${secret}` }).hasKeyInTarget).toBe(true)
    expect(withSecret({ target: '/api/tags?key=x' }).hasKeyInTarget).toBeUndefined()
    const fields = { 'user-agent': [`x (${secret})`], tracestate: [`a=${secret}`] }
    const { userAgent, trace } = withSecret({ fields })
    expect([userAgent, trace.tracestate]).toEqual(['***', null])
  })

  test('is not forwarded in a field that belongs to the service', () => {
    const fields = { 'x-admin-key': [secret], 'x-api-key': [sampleKey] }
    const at = { point: 'check', checkedService: 'webui', target: '/webui/x' } as const
    expect(withSecret({ ...at, fields }).stray?.param).toBe('X-Admin-Key')
    const own = { ...fields, 'x-admin-key': ['the key of the application'] }
    expect(withSecret({ ...at, fields: own }).stray).toBe(null)
  })
})
