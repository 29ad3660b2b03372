import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { aHead, anEndpoint, aPrincipal, aService, someFacts } from '../../test/support/questions.ts'
import type { RequestFacts } from '../model/facts.ts'
import type { Reason } from '../model/reason.ts'
import { jsonBodyBytesMax, readBodyBytesMax, readBodyFacts } from './body-facts.ts'
import type { BodySource } from './body-source.ts'
import type { RequestHead } from './request-head.ts'

const litellm = aService({ name: 'litellm', kind: 'openai' })

type Given = {
  readonly facts?: Partial<RequestFacts>
  readonly head?: Partial<RequestHead>
  readonly models?: readonly string[]
  readonly take?: (bytes: number) => boolean
}

async function readWith(source: Pick<BodySource, 'read'>, given: Given = {}) {
  const facts = someFacts(given.facts)
  const principal = aPrincipal({ models: given.models ?? [] })
  const leaving = () => new AbortController().signal
  const { take = () => true } = given
  const whole = { ...source, take, leaving }
  const read = await readBodyFacts({ head: aHead(given.head), facts, principal }, whole)
  return { facts: read.facts, bytes: read.json?.bytes ?? null }
}

const sourceOf = (body: string | Uint8Array): Pick<BodySource, 'read'> => ({
  read: (bytesMax) => {
    const bytes = Buffer.from(body)
    return Promise.resolve(bytes.length > bytesMax ? 'too-large' : bytes)
  },
})
const readBody = (body: string | Uint8Array, given: Given = {}) => readWith(sourceOf(body), given)
const unread: Pick<BodySource, 'read'> = {
  read: () => Promise.reject(new Error('the body must not be read')),
}

async function defectOf(body: string | Uint8Array, given: Given = {}): Promise<Reason | null> {
  const { facts, bytes } = await readBody(body, given)
  // A refused body must not be available for forwarding.
  if (facts.defect !== null) expect(bytes).toBeNull()
  return facts.defect
}

describe('a valid body', () => {
  test('gives its model, and the bytes to send in their canonical form', async () => {
    const body = '{ "Model" : "Llama3" ,\n"messages": [ ] }'
    const { facts, bytes } = await readBody(body, { models: ['LLAMA3:latest', 'x'] })
    expect(facts).toMatchObject({
      models: ['llama3:latest'],
      grantedModels: ['llama3:latest'],
      cloudModels: [],
      defect: null,
      isOnItsWay: false,
    })
    expect(bytes?.toString()).toBe('{"model":"Llama3","messages":[]}')
  })

  test.each([
    'application/json',
    'application/json; charset=utf-8',
    'Application/JSON',
    ' application/json ',
    'application/vnd.api+json',
  ])('may have the type %s', async (type) => {
    const head = { fields: { 'content-type': [type] } }
    expect(await defectOf('{}', { head })).toBeNull()
  })

  test('may have no type, as client libraries other than browsers send it', async () => {
    expect(await defectOf('{}', { head: { fields: {} } })).toBeNull()
  })

  test.each(['identity', 'IDENTITY', ''])('may have the encoding %j', async (encoding) => {
    const fields = { 'content-type': ['application/json'], 'content-encoding': [encoding] }
    expect(await defectOf('{}', { head: { fields } })).toBeNull()
  })

  test('of an endpoint that only reads has a lower limit: the weakest key must not block everybody', async () => {
    let asked = 0
    const source: Pick<BodySource, 'read'> = {
      read: (bytesMax) => {
        asked = bytesMax
        return Promise.resolve('too-large')
      },
    }
    const read = await readWith(source, { facts: { endpoint: anEndpoint({ class: 'read' }) } })
    expect([asked, read.facts.defect]).toEqual([readBodyBytesMax, 'body-too-large'])
  })

  test('may be exactly as long as the limit', async () => {
    let asked = 0
    const source: Pick<BodySource, 'read'> = {
      read: (bytesMax) => {
        asked = bytesMax
        return Promise.resolve(Buffer.from('{}'))
      },
    }
    expect((await readWith(source)).facts.defect).toBeNull()
    expect(asked).toBe(jsonBodyBytesMax)
  })
})

describe('a member that some reader sees twice is refused', () => {
  test.each([
    ['the same name twice', '{"model":"a","model":"b"}'],
    ['the same name twice with the same value', '{"model":"a","model":"a"}'],
    ['upper case', '{"model":"a","MODEL":"b"}'],
    ['mixed case', '{"Model":"a","mOdel":"b"}'],
    ['a long s (U+017F), which Go folds', '{"stream":false,"\u017ftream":true}'],
    ['a Kelvin sign (U+212A), which Go folds', '{"keep_alive":0,"\u212aeep_alive":-1}'],
    ['an escape', '{"model":"a","mod\\u0065l":"b"}'],
    ['an escape and a letter case', '{"model":"a","\\u004dODEL":"b"}'],
    ['an escaped long s', '{"stream":false,"\\u017ftream":true}'],
    ['any other member', '{"temperature":1,"temperature":2}'],
    ['far apart', `{"model":"a","x":${JSON.stringify('"model"'.repeat(100))},"model":"b"}`],
    ['after nested objects', '{"model":"a","options":{"a":[{"b":1}]},"model":"b"}'],
    ['after a string of braces', '{"model":"a","x":"}{\\"","model":"b"}'],
    ['with blanks around', '{ "model" : "a" ,\n"model"\t: "b" }'],
    ['__proto__', '{"__proto__":{},"__proto__":{}}'],
    ['the empty name', '{"":1,"":2}'],
  ])('%s', async (_, body) => {
    expect(await defectOf(body)).toBe('body-ambiguous')
  })

  test.each([
    ['options', '{"model":"a","options":{"num_ctx":1,"NUM_CTX":2}}'],
    ['stream_options', '{"stream_options":{"include_usage":true,"Include_Usage":false}}'],
    ['a message', '{"messages":[{"role":"user","content":"a","Content":"b"}]}'],
    ['a part of a message', '{"messages":[{"content":[{"text":"a","TEXT":"b"}]}]}'],
    ['anything at all', '{"model":"a","tools":[{"x":{"y":1,"y":2}}]}'],
  ])('also inside %s', async (_, body) => {
    expect(await defectOf(body)).toBe('body-ambiguous')
  })

  test('the parameters of a tool belong to the caller: they may differ by case alone', async () => {
    expect(await defectOf('{"tools":[{"properties":{"id":1,"ID":2}}]}')).toBeNull()
  })

  test('nested members do not count as top-level members', async () => {
    expect(await defectOf('{"model":"a","options":{"model":"b"}}')).toBeNull()
    expect(await defectOf('{"messages":[{"content":"a"},{"content":"b"}]}')).toBeNull()
  })

  test('a name inside a string is not a member', async () => {
    expect(await defectOf('{"model":"a","x":"\\"model\\":\\"b\\""}')).toBeNull()
  })
})

describe('anything but one JSON object in UTF-8 is refused', () => {
  test.each([
    ['nothing', ''],
    ['blanks', ' \n'],
    ['a list', '[{"model":"a"}]'],
    ['a text', '"model"'],
    ['a number', '1'],
    ['null', 'null'],
    ['half an object', '{"model":"a"'],
    ['two objects', '{"model":"a"}{"model":"b"}'],
    ['two lines of objects', '{"model":"a"}\n{"model":"b"}'],
    ['a comma at the end', '{"model":"a",}'],
    ['a comment', '{"model":"a"/*x*/}'],
    ['single quotes', "{'model':'a'}"],
    ['NaN', '{"model":NaN}'],
    ['a form', 'model=a&stream=true'],
    ['a byte order mark', '\ufeff{"model":"a"}'],
    ['a NUL at the end', '{"model":"a"}\0'],
    ['a line break in a text', '{"model":"a\n"}'],
    ['invalid UTF-8', Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d)],
    ['an overlong quote', Buffer.from('7b22c0a2223a317d', 'hex')],
    ['a surrogate in UTF-8', Buffer.from('7b22eda080223a317d', 'hex')],
    ['UTF-16', Buffer.from('{"model":"a"}', 'utf16le')],
    ['UTF-16 with a mark', Buffer.from('\ufeff{"model":"a"}', 'utf16le')],
    ['nesting without end', '['.repeat(1_000_000)],
  ])('%s', async (_, body) => {
    expect(await defectOf(body)).toBe('body-malformed')
  })
})

describe('a body of another type or coding is refused before it is read', () => {
  test.each([
    ['an empty type', ''],
    ['text/plain, which a page may send to anywhere', 'text/plain'],
    ['a form with a character set', 'application/x-www-form-urlencoded; charset=utf-8'],
    ['multipart', 'multipart/form-data; boundary=x'],
    ['JSON by another name', 'text/json'],
    ['JSON Lines', 'application/jsonl'],
    ['JSON as a parameter', 'text/plain; x=application/json'],
    ['JSON first in a list', 'application/json, text/plain'],
    ['a longer word', 'application/jsonp'],
    ['JSON as a suffix only', '+json'],
  ])('%s', async (_, type) => {
    const head = { fields: { 'content-type': [type] } }
    expect((await readWith(unread, { head })).facts.defect).toBe('body-type')
  })

  test.each([{ origin: ['https://evil.example'] }, { 'sec-fetch-site': ['cross-site'] }])(
    'no type, which a web page may send anywhere: %j',
    async (fields) => {
      expect((await readWith(unread, { head: { fields } })).facts.defect).toBe('body-type')
    },
  )

  test.each(['compress', 'identity, gzip', 'gzip, gzip', 'gzip,', 'x', 'constructor', 'zlib'])(
    'the encoding %s',
    async (encoding) => {
      const fields = { 'content-type': ['application/json'], 'content-encoding': [encoding] }
      expect((await readWith(unread, { head: { fields } })).facts.defect).toBe('body-encoding')
    },
  )

  test('a body that is too long', async () => {
    const source: Pick<BodySource, 'read'> = { read: () => Promise.resolve('too-large') }
    expect(await readWith(source)).toMatchObject({
      facts: { defect: 'body-too-large' },
      bytes: null,
    })
  })

  test('a body that ends too early', async () => {
    const source: Pick<BodySource, 'read'> = { read: () => Promise.resolve('aborted') }
    expect(await readWith(source)).toMatchObject({ facts: { defect: 'body-aborted' }, bytes: null })
  })

  test.each(['too-much-in-flight', 'overloaded'] as const)('a body that is %s', async (unread) => {
    expect((await readWith({ read: () => Promise.resolve(unread) })).facts.defect).toBe(unread)
  })

  test('a body on a method without one', async () => {
    const facts = { endpoint: anEndpoint({ body: 'none', model: { in: 'none' } }) }
    expect((await readWith(unread, { facts })).facts.defect).toBe('body-unexpected')
    expect((await readWith(unread, { facts, head: { hasBody: false } })).facts.defect).toBeNull()
  })
})

describe('uploads and bytes', () => {
  test('bytes are never read here', async () => {
    const facts = { endpoint: anEndpoint({ body: 'bytes', model: { in: 'none' } }) }
    expect(await readWith(unread, { facts })).toMatchObject({
      facts: { defect: null, isOnItsWay: false },
      bytes: null,
    })
  })

  const upload = { endpoint: anEndpoint({ body: 'multipart', model: { in: 'form' } }) }
  const type = (value: string) => ({ 'content-type': [value] })

  test('a form is checked while it is forwarded', async () => {
    const head = { fields: type('multipart/form-data; boundary=x') }
    const read = await readWith(unread, { facts: upload, head })
    expect(read).toMatchObject({ facts: { defect: null, isOnItsWay: true }, bytes: null })
  })

  test.each([
    ...['', 'application/json', 'multipart/form-data', 'multipart/mixed; boundary=x'],
    ...['multipart/form-data; boundary=', 'multipart/form-data; boundary="a\r\nb"'],
    ...['multipart/form-data; boundary=a; boundary=b', 'multipart/form-data; boundary="a'],
    ...['multipart/form-data; boundary=a b', `multipart/form-data; boundary=${'a'.repeat(71)}`],
    ...['multipart/form-data; boundary*=x', 'x; multipart/form-data; boundary=x'],
  ])('%j is not a form', async (value) => {
    const read = await readWith(unread, { facts: upload, head: { fields: type(value) } })
    expect(read.facts).toMatchObject({ defect: 'body-type', isOnItsWay: false })
    // A client that sent JSON must not get the advice to send JSON.
    expect(read.facts.detail?.text).toMatch(/accepts uploads only.*multipart\/form-data; boundary=/)
  })

  test('an encoded form is refused', async () => {
    const fields = { ...type('multipart/form-data; boundary=x'), 'content-encoding': ['gzip'] }
    const read = await readWith(unread, { facts: upload, head: { fields } })
    expect(read.facts.defect).toBe('body-encoding')
  })

  test('without a known endpoint nothing is read', async () => {
    expect((await readWith(unread, { facts: { endpoint: null } })).bytes).toBeNull()
  })
})

describe('every model that a body names is a candidate', () => {
  const modelsOf = async (body: object | string, facts: Partial<RequestFacts> = {}) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    return (await readBody(text, { facts })).facts.models
  }
  const show = { endpoint: anEndpoint({ model: { in: 'body', members: ['model', 'name'] } }) }
  const copy = {
    endpoint: anEndpoint({ model: { in: 'body', members: ['source', 'destination'] } }),
  }
  const litellmFacts = { service: litellm, endpoint: anEndpoint({ dialect: 'openai' }) }

  test('model and its older name', async () => {
    expect(await modelsOf({ model: 'a', name: 'b' }, show)).toEqual(['a:latest', 'b:latest'])
    expect(await modelsOf({ name: 'b' }, show)).toEqual(['b:latest'])
  })

  test('source and destination of a copy, which renames', async () => {
    expect(await modelsOf({ source: 'bad', destination: 'good' }, copy)).toEqual([
      'bad:latest',
      'good:latest',
    ])
  })

  test('in any letter case and with escapes, as Go reads them', async () => {
    expect(await modelsOf('{"MODEL":"a"}')).toEqual(['a:latest'])
    expect(await modelsOf('{"mod\\u0065l":"a"}')).toEqual(['a:latest'])
    expect(await modelsOf('{"model":"\\u0061"}')).toEqual(['a:latest'])
  })

  test('no model when the body names none', async () => {
    expect(await modelsOf({})).toEqual([])
    expect(await modelsOf({ model: null })).toEqual([])
  })

  test.each([1, true, {}, { name: 'a' }, [1], [['a'], {}]])(
    'a value that is not a string (%j) does not count as "no model"',
    async (model) => {
      const models = await modelsOf({ model })
      expect(models).toContain('\0')
    },
  )

  test('LiteLLM’s lists, and strings split at commas', async () => {
    expect(await modelsOf({ model: 'a,b' }, litellmFacts)).toEqual(['a', 'b'])
    expect(await modelsOf({ model: ' a , b ' }, litellmFacts)).toEqual(['a', 'b'])
    expect(await modelsOf({ model: ['a', 'b,c'] }, litellmFacts)).toEqual(['a', 'b', 'c'])
    expect(await modelsOf({ model: 'A' }, litellmFacts)).toEqual(['A'])
  })

  test('a name that LiteLLM does not read is not a model: LiteLLM would choose one itself', async () => {
    // Python compares names exactly, so `MODEL` leaves `model` unset there.
    expect(await modelsOf('{"MODEL":"a"}', litellmFacts)).not.toEqual(['a'])
  })

  test('the model in a path, decoded and folded', async () => {
    const pattern = '/v1/models/{model}'
    const endpoint = anEndpoint({ method: 'GET', pattern, body: 'none', model: { in: 'path' } })
    const read = (endpointPath: string) =>
      readWith(unread, { facts: { endpoint, endpointPath }, head: { hasBody: false } })
    expect((await read('/v1/models/Llama3')).facts.models).toEqual(['llama3:latest'])
    expect((await read('/v1/models/caf%C3%A9')).facts.models).toEqual(['café:latest'])
    expect((await read('/v1/models/a:7b')).facts.models).toEqual(['a:7b'])
  })

  test('a model in a path that is not UTF-8 is allowed to nobody, and does not throw', async () => {
    const pattern = '/v1/models/{model}'
    const endpoint = anEndpoint({ method: 'GET', pattern, body: 'none', model: { in: 'path' } })
    const facts = { endpoint, endpointPath: '/v1/models/%ff' }
    const reading = readWith(unread, { facts, head: { hasBody: false } })
    await expect(reading).resolves.toMatchObject({ bytes: null })
  })
})

describe('members that callers may not set', () => {
  const litellmFacts = { service: litellm, endpoint: anEndpoint({ dialect: 'openai' }) }

  test.each([
    ...[
      'api_base',
      'API_BASE',
      'Api_Base',
      'base_url',
      'ba\u017fe_url',
      'api_\u212aey',
      'user_config',
    ],
    ...[
      'model_list',
      'fallbacks',
      'mock_response',
      'aws_access_key_id',
      'tags',
      'litellm_metadata',
    ],
  ])('%s at LiteLLM', async (name) => {
    const body = JSON.stringify({ model: 'a', [name]: 'x' })
    expect(await defectOf(body, { facts: litellmFacts })).toBe('body-field-refused')
  })

  test('written with an escape', async () => {
    const body = '{"model":"a","\\u0061pi_base":"http://evil.example"}'
    expect(await defectOf(body, { facts: litellmFacts })).toBe('body-field-refused')
  })

  test.each(['api_base', 'guardrails', 'guardrails', 'user_config'])(
    '%s inside metadata, where LiteLLM reads it too',
    async (name) => {
      const body = JSON.stringify({ model: 'a', metadata: { [name]: ['x'] } })
      expect(await defectOf(body, { facts: litellmFacts })).toBe('body-field-refused')
    },
  )

  test('metadata as a JSON string, which LiteLLM would parse later', async () => {
    const body = JSON.stringify({ model: 'a', metadata: '{"api_base":"http://evil.example"}' })
    expect(await defectOf(body, { facts: litellmFacts })).toBe('body-field-refused')
  })

  test('a client’s own metadata passes', async () => {
    const body = JSON.stringify({ model: 'a', metadata: { user_id: 'ada' } })
    expect(await defectOf(body, { facts: litellmFacts })).toBeNull()
  })
})

test('reading any bytes never throws, and only one JSON object passes', async () => {
  const hostile = fc.oneof(
    fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
    fc.json().map((text) => Buffer.from(text)),
    fc
      .array(
        fc.constantFrom(
          '{',
          '}',
          '[',
          ']',
          ',',
          ':',
          '"model"',
          '"MODEL"',
          '"a"',
          '1',
          '\\',
          '"',
          ' ',
        ),
        { maxLength: 12 },
      )
      .map((parts) => Buffer.from(parts.join(''))),
    fc
      .array(fc.tuple(fc.constantFrom('model', 'Model', 'm\\u006fdel', 'x'), fc.json()), {
        maxLength: 3,
      })
      .map((members) =>
        Buffer.from(`{${members.map(([name, value]) => `"${name}":${value}`).join(',')}}`),
      ),
  )
  await fc.assert(
    fc.asyncProperty(hostile, async (body) => {
      const { facts, bytes } = await readBody(body)
      if (facts.defect !== null) return
      const value = JSON.parse(bytes?.toString('utf8') ?? '') as Record<string, unknown>
      const names = Object.keys(value).map((name) => name.toLowerCase())
      expect(Array.isArray(value)).toBe(false)
      expect(new Set(names).size).toBe(names.length)
    }),
    { numRuns: 3_000 },
  )
})

describe('what a provider bills beyond its list', () => {
  const asks = async (members: object) =>
    (await readBody(JSON.stringify({ model: 'a', ...members }), { facts: { service: litellm } }))
      .facts.asksSurcharge

  test.each([
    { service_tier: 'priority' },
    { service_tier: 'PRIORITY' },
    { service_tier: 'a tier of tomorrow' },
    { service_tier: ['priority'] },
    { service_tier: true },
    { serviceTier: 'priority' },
    { speed: 'fast' },
    { inference_geo: 'us' },
  ])('is seen in %j', async (members) => {
    expect(await asks(members)).toBe(true)
  })

  test.each([
    {},
    { service_tier: null },
    ...['auto', 'default', 'flex', 'batch', 'standard_only', 'on_demand'].map((service_tier) => ({
      service_tier,
    })),
    { speed: 1.5 },
    { speed: 'standard' },
    { messages: [{ role: 'user', content: '{"service_tier":"priority"}' }] },
  ])('is not in %j', async (members) => {
    expect(await asks(members)).toBe(false)
  })
})
