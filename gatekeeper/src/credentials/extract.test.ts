import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { otherKey, sampleKey } from '../../test/support/questions.ts'
import type { Fields } from '../lib/net/fields.ts'
import { hasKeyShape } from '../model/key-shape.ts'
import { type Extracted, extractCredential } from './extract.ts'

const extract = (fields: Fields) =>
  extractCredential(fields, { isKeyShaped: hasKeyShape, isPlainKey: null })
const basic = (pair: string | Uint8Array) => Buffer.from(pair).toString('base64')
const none: Extracted = {
  credential: null,
  carrier: 'none',
  subprotocols: [],
  defect: null,
  detail: null,
}

const carriers: readonly (readonly [string, (key: string) => Fields])[] = [
  ['Bearer', (key) => ({ authorization: [`Bearer ${key}`] })],
  ['bearer in lower case', (key) => ({ authorization: [`bearer ${key}`] })],
  ['BEARER in upper case', (key) => ({ authorization: [`BEARER ${key}`] })],
  ['Bearer with more space', (key) => ({ authorization: [` Bearer \t ${key} `] })],
  ['bare Authorization', (key) => ({ authorization: [key] })],
  ['Basic', (key) => ({ authorization: [`Basic ${basic(`any:${key}`)}`] })],
  ['basic in lower case', (key) => ({ authorization: [`basic ${basic(`any:${key}`)}`] })],
  ['Basic without a user', (key) => ({ authorization: [`Basic ${basic(`:${key}`)}`] })],
  [
    'Basic without padding',
    (key) => ({ authorization: [`Basic ${basic(`user:${key}`).replace(/=+$/, '')}`] }),
  ],
  ['X-API-Key', (key) => ({ 'x-api-key': [key] })],
  ['api-key', (key) => ({ 'api-key': [key] })],
  ['x-goog-api-key', (key) => ({ 'x-goog-api-key': [key] })],
  ['sub-protocol', (key) => ({ 'sec-websocket-protocol': [key] })],
  [
    'sub-protocol of openai',
    (key) => ({ 'sec-websocket-protocol': [`realtime, openai-insecure-api-key.${key}`] }),
  ],
]

describe.each(carriers)('%s', (name, carry) => {
  test('gives the key', () => {
    expect(extract(carry(sampleKey))).toMatchObject({ credential: sampleKey, defect: null })
  })

  test.each(carriers)('together with the same key as %s is one credential', (other, carryOther) => {
    const fields = merge(carry(sampleKey), carryOther(sampleKey))
    expect([name, other, extract(fields)]).toMatchObject([
      name,
      other,
      { credential: sampleKey, defect: null },
    ])
  })

  test.each(carriers)('together with another key as %s is refused', (_, carryOther) => {
    const fields = merge(carry(sampleKey), carryOther(otherKey))
    expect(extract(fields)).toMatchObject({ credential: null, defect: 'ambiguous-credential' })
  })

  test('gives no key to a service: no key stays among the sub-protocols', () => {
    expect(JSON.stringify(extract(carry(sampleKey)).subprotocols)).not.toContain(sampleKey)
  })
})

function merge(one: Fields, other: Fields): Fields {
  const merged: Record<string, readonly string[]> = {}
  for (const fields of [one, other]) {
    for (const [name, values = []] of Object.entries(fields)) {
      merged[name] = [...(merged[name] ?? []), ...values]
    }
  }
  return merged
}

describe('a request without a credential', () => {
  test.each([
    ['no field', {}],
    ['an empty Authorization', { authorization: [''] }],
    ['a blank Authorization', { authorization: [' \t '] }],
    ['Bearer alone', { authorization: ['Bearer'] }],
    ['Bearer and blanks', { authorization: ['bearer  \t'] }],
    ['Basic alone', { authorization: ['Basic'] }],
    ['an empty X-API-Key', { 'x-api-key': [''] }],
    ['a blank X-API-Key', { 'x-api-key': ['  '] }],
    ['no values at all', { authorization: [], 'x-api-key': [] }],
    ['Proxy-Authorization, which is a proxy’s', { 'proxy-authorization': [`Bearer ${sampleKey}`] }],
    ['a cookie', { cookie: [`key=${sampleKey}`] }],
    ['X_API_Key, another spelling', { x_api_key: [sampleKey] }],
  ] as [string, Fields][])('%s', (_, fields) => {
    expect(extract(fields)).toEqual(none)
  })
})

describe('a malformed credential', () => {
  test.each([
    ['another scheme', `Digest ${sampleKey}`],
    ['a signature', 'AWS4-HMAC-SHA256 Credential=x'],
    ['a list after Bearer', `Bearer ${sampleKey}, Bearer ${otherKey}`],
    ['a list without blanks', `Bearer ${sampleKey},${otherKey}`],
    ['two words after Bearer', `Bearer ${sampleKey} ${otherKey}`],
    ['Bearer twice', `Bearer Bearer ${sampleKey}`],
    ['parameters', `Bearer key="${sampleKey}", realm="x"`],
    ['Basic in bad base64', 'Basic %%%%'],
    ['Basic in base64url', `Basic ${basic('user:>>>???').replaceAll('/', '_')}`],
    ['Basic without a colon', `Basic ${basic(sampleKey)}`],
    ['Basic with invalid UTF-8', `Basic ${basic(Uint8Array.of(97, 58, 0xff, 0xfe))}`],
    ['Basic with bits left over', 'Basic YTpiZR=='],
    ['Basic with padding inside', 'Basic YTp=iYw=='],
    ['Basic with too much padding', `Basic ${basic('user:x')}===`],
    ['Basic cut within a group', 'Basic YTpiY'],
  ])('%s', (_, authorization) => {
    expect(extract({ authorization: [authorization] })).toMatchObject({
      credential: null,
      carrier: 'none',
      defect: 'malformed-field',
    })
  })

  test('a good key next to a malformed Authorization does not make the request valid', () => {
    const fields = { authorization: ['Digest x'], 'x-api-key': [sampleKey] }
    expect(extract(fields)).toMatchObject({ credential: null, defect: 'malformed-field' })
  })

  test('one of two Authorization fields is enough to be malformed', () => {
    const fields = { authorization: [`Bearer ${sampleKey}`, 'Digest x'] }
    expect(extract(fields)).toMatchObject({ credential: null, defect: 'malformed-field' })
  })
})

describe('a field with more than the key', () => {
  test.each(['x-api-key', 'api-key', 'x-goog-api-key'])('%s: Bearer KEY is the key', (name) => {
    for (const scheme of ['Bearer ', 'bearer  ', 'BEARER\t']) {
      expect(extract({ [name]: [`${scheme}${sampleKey}`] })).toMatchObject({
        credential: sampleKey,
        carrier: 'field',
        defect: null,
      })
    }
  })

  test('Bearer before the password of Basic is accepted too', () => {
    const fields = { authorization: [`Basic ${basic(`x:Bearer ${sampleKey}`)}`] }
    expect(extract(fields)).toMatchObject({ credential: sampleKey, carrier: 'basic' })
  })

  test('together with the bare key elsewhere is the same credential', () => {
    const fields = { authorization: [`Bearer ${sampleKey}`], 'x-api-key': [`Bearer ${sampleKey}`] }
    expect(extract(fields)).toMatchObject({ credential: sampleKey, defect: null })
  })

  test('and another key elsewhere are two credentials, and the answer names both fields', () => {
    const fields = { authorization: [`Bearer ${otherKey}`], 'x-api-key': [`Bearer ${sampleKey}`] }
    const { defect, detail } = extract(fields)
    expect([defect, detail?.text]).toEqual([
      'ambiguous-credential',
      'The fields Authorization and X-API-Key carry different credentials. Send one of them.',
    ])
  })

  const writtenWrong: readonly (readonly [string, string, string])[] = [
    ['authorization', `Bearer Bearer ${sampleKey}`, 'Authorization: Bearer KEY'],
    ['authorization', `Token ${sampleKey}`, 'Authorization: Bearer KEY'],
    ['authorization', `ApiKey ${sampleKey}`, 'Authorization: Bearer KEY'],
    ['authorization', `Bearer: ${sampleKey}`, 'Authorization: Bearer KEY'],
    ['authorization', `${sampleKey} x`, 'Authorization: Bearer KEY'],
    ['authorization', `Basic ${basic(sampleKey)}`, 'Authorization: Bearer KEY'],
    ['authorization', `Basic ${basic(`x:Token ${sampleKey}`)}`, 'Authorization: Bearer KEY'],
    ['x-api-key', `Bearer Bearer ${sampleKey}`, 'X-API-Key: KEY'],
    ['x-api-key', `Token ${sampleKey}`, 'X-API-Key: KEY'],
    ['api-key', `ApiKey ${sampleKey}`, 'api-key: KEY'],
    ['x-goog-api-key', `Bearer ${sampleKey}, ${otherKey}`, 'x-goog-api-key: KEY'],
  ]
  test.each(writtenWrong)('%s: %s gives the field and what to write, never the key', (...row) => {
    const [name, value, form] = row
    const extracted = extract({ [name]: [value] })
    expect(extracted).toMatchObject({ credential: null, defect: 'malformed-field' })
    expect(extracted.detail?.text.endsWith(`Write: ${form}`)).toBe(true)
    expect(JSON.stringify(extracted)).not.toContain(sampleKey.slice(14))
    expect(JSON.stringify(extracted)).not.toContain(otherKey.slice(14))
  })

  test('a plain key with a blank in it is that key, and a wrong guess of one is looked up', () => {
    const deps = { isKeyShaped: hasKeyShape, isPlainKey: (text: string) => text === 'Bearer me' }
    const readKey = (value: string) => extractCredential({ 'x-api-key': [value] }, deps)
    expect(readKey('Bearer me').credential).toBe('Bearer me')
    expect(readKey('Bearer you').credential).toBe('you')
    expect(readKey('Token guess')).toMatchObject({ credential: 'Token guess', defect: null })
    expect(readKey(`Token ${sampleKey}`)).toMatchObject({ defect: 'malformed-field' })
  })
})

describe('a credential above the limit', () => {
  const long = 'e'.repeat(32_769)
  test.each([
    ['authorization', `Bearer ${long}`, 'Authorization'],
    ['authorization', long, 'Authorization'],
    ['authorization', `Basic ${basic(`x:${long}`)}`, 'Authorization'],
    ['x-api-key', long, 'X-API-Key'],
    ['api-key', `Bearer ${long}`, 'api-key'],
  ])('in %s is refused with a text that names field and limit', (name, value, param) => {
    const { defect, detail } = extract({ [name]: [value] })
    expect([defect, detail?.param]).toEqual(['malformed-field', param])
    expect(detail?.text).toContain('longer than 32,768 characters')
    expect(detail?.text.length).toBeLessThan(200)
  })

  test('one at the limit is read', () => {
    const { credential } = extract({ authorization: [`Bearer ${long.slice(1)}`] })
    expect(credential?.length).toBe(32_768)
  })
})

describe('a route that names one field', () => {
  const app = 'Bearer eyJhbGciOiJIUzI1NiJ9.e30.c2ln'
  const only = (fields: Fields, field: 'authorization' | 'basic' | 'x-api-key') =>
    extractCredential(fields, { isKeyShaped: hasKeyShape, isPlainKey: null, only: field })

  test('reads only that field: values in other fields are not a second credential', () => {
    const fields = {
      'x-api-key': [sampleKey],
      authorization: [app],
      'api-key': ['of-the-app'],
      'sec-websocket-protocol': ['chat, openai-insecure-api-key.of-the-app'],
    }
    expect(only(fields, 'x-api-key')).toEqual({
      ...{ credential: sampleKey, carrier: 'field', defect: null, detail: null },
      subprotocols: ['chat', 'openai-insecure-api-key.of-the-app'],
    })
  })

  test('a malformed value in a field of the service is left to the service', () => {
    const fields = { 'x-api-key': [sampleKey], authorization: ['Digest a=b, c=d'] }
    expect(only(fields, 'x-api-key')).toMatchObject({ credential: sampleKey, defect: null })
  })

  test('two keys in the named field are two credentials', () => {
    expect(only({ 'x-api-key': [sampleKey, otherKey] }, 'x-api-key').defect).toBe(
      'ambiguous-credential',
    )
  })

  test('Basic uses the password, and a token of the application is not a credential', () => {
    const fields = { authorization: [`Basic ${basic(`x:${sampleKey}`)}`] }
    expect(only(fields, 'basic')).toMatchObject({ credential: sampleKey, carrier: 'basic' })
    expect(only({ authorization: [app] }, 'basic')).toMatchObject({
      credential: null,
      defect: null,
    })
  })

  test.each(['authorization', 'basic', 'x-api-key'] as const)(
    'a key in another field never counts: %s',
    (field) => {
      const elsewhere = { 'x-goog-api-key': [sampleKey], 'sec-websocket-protocol': [sampleKey] }
      expect(only(elsewhere, field).credential).toBeNull()
    },
  )
})

describe('Basic', () => {
  test('the password begins after the first colon, and may hold others', () => {
    expect(extract({ authorization: [`Basic ${basic('user:a:b:c')}`] })).toMatchObject({
      credential: 'a:b:c',
      carrier: 'basic',
    })
  })

  test('a key in the place of the user name is not a credential', () => {
    const { credential } = extract({ authorization: [`Basic ${basic(`${sampleKey}:`)}`] })
    expect(credential).not.toBe(sampleKey)
  })

  test('together with the same key elsewhere it still counts as sent by the browser', () => {
    const fields = {
      authorization: [`Basic ${basic(`x:${sampleKey}`)}`],
      'x-api-key': [sampleKey],
    }
    expect(extract(fields).carrier).toBe('basic')
  })
})

describe('sub-protocols', () => {
  test('the key is removed and the others stay, in order', () => {
    const offered = `chat, openai-insecure-api-key.${sampleKey}, superchat`
    expect(extract({ 'sec-websocket-protocol': [offered] })).toEqual({
      credential: sampleKey,
      carrier: 'subprotocol',
      subprotocols: ['chat', 'superchat'],
      defect: null,
      detail: null,
    })
  })

  test('several fields are one list', () => {
    const fields = { 'sec-websocket-protocol': ['a,b', ` ${sampleKey} `, 'c'] }
    expect(extract(fields)).toMatchObject({ credential: sampleKey, subprotocols: ['a', 'b', 'c'] })
  })

  test('a key of a plain map needs the prefix', () => {
    const fields = { 'sec-websocket-protocol': ['openai-insecure-api-key.my-plain-key'] }
    expect(extract(fields)).toMatchObject({ credential: 'my-plain-key', subprotocols: [] })
  })

  test('a plain key without the prefix is not a credential, and is not forwarded', () => {
    const fields = { 'sec-websocket-protocol': ['a, my-plain-key, chat'] }
    const isPlainKey = (text: string) => text === 'my-plain-key'
    expect(extractCredential(fields, { isKeyShaped: () => false, isPlainKey })).toMatchObject({
      ...{ credential: null, carrier: 'none', subprotocols: ['a', 'chat'] },
    })
  })

  test('two keys are ambiguous, and neither is forwarded', () => {
    const fields = { 'sec-websocket-protocol': [`${sampleKey}, ${otherKey}, chat`] }
    expect(extract(fields)).toMatchObject({
      credential: null,
      defect: 'ambiguous-credential',
      subprotocols: ['chat'],
    })
  })
})

const text = fc.oneof(
  fc.string(),
  fc.string({ unit: fc.constantFrom(' ', '\t', ',', '=', ':', '.', 'a', '_', '\u00e9', '\u00a0') }),
  fc.constantFrom('Bearer', 'Basic', 'Digest', sampleKey, otherKey, 'openai-insecure-api-key.'),
  fc.string({ unit: 'binary' }).map((pair) => `Basic ${basic(pair)}`),
  fc.constantFrom(sampleKey, otherKey).map((key) => `Bearer ${key}`),
  fc.constantFrom(sampleKey, otherKey).map((key) => `Basic ${basic(`user:${key}`)}`),
  fc.uint8Array({ maxLength: 12 }).map((bytes) => `Basic ${basic(bytes)}`),
)
const values = fc.oneof(
  { weight: 3, arbitrary: fc.array(text, { maxLength: 2 }) },
  fc.array(
    fc.array(text, { maxLength: 3 }).map((parts) => parts.join(' ')),
    { maxLength: 2 },
  ),
)
const anyFields = fc.dictionary(
  fc.constantFrom(
    ...['authorization', 'x-api-key', 'api-key', 'x-goog-api-key', 'sec-websocket-protocol'],
    ...['cookie', 'proxy-authorization'],
  ),
  values,
)

/** All texts that a reader could treat as a credential: raw values, and decoded ones of Basic. */
function allTexts(fields: Fields): string[] {
  return Object.values(fields).flatMap((list = []) =>
    list.flatMap((value) => {
      const decoded = Buffer.from(value.trim().split(/[ \t]+/)[1] ?? '', 'base64').toString('utf8')
      return [value, decoded]
    }),
  )
}

describe('with any content of the fields', () => {
  test('extracting never throws, and gives a credential or a defect, never both', () => {
    fc.assert(
      fc.property(anyFields, (fields) => {
        const { credential, carrier, defect, subprotocols } = extract(fields)
        const isOne = credential === null || defect === null
        const isCarried = (carrier === 'none') === (credential === null)
        return isOne && isCarried && !subprotocols.some(hasKeyShape)
      }),
      { numRuns: 10_000 },
    )
  })

  test('a credential is literally in the input, or decoded in Basic', () => {
    fc.assert(
      fc.property(anyFields, (fields) => {
        const { credential } = extract(fields)
        return credential === null || allTexts(fields).some((text) => text.includes(credential))
      }),
      { numRuns: 10_000 },
    )
  })

  test('two different credentials never become one', () => {
    const carrier = fc.constantFrom(...carriers).map(([, carry]) => carry)
    const tail = fc.stringMatching(/^[0-9A-Za-z._~+/-]{1,40}$/)
    fc.assert(
      fc.property(carrier, carrier, tail, tail, (carry, carryOther, one, other) => {
        const fields = merge(
          carry(`${sampleKey}${one}`.slice(0, 120)),
          carryOther(`${otherKey}${other}`.slice(0, 120)),
        )
        const { credential, defect } = extract(fields)
        return credential === null && defect === 'ambiguous-credential'
      }),
      { numRuns: 10_000 },
    )
  })
})
