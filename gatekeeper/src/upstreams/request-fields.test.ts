import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { sampleKey } from '../../test/support/questions.ts'
import type { Fields } from '../lib/net/fields.ts'
import { upstreamFields } from './request-fields.ts'

const names = (client: Fields, set: Record<string, string> = {}) =>
  Object.keys(upstreamFields(client, set)).sort()

describe('fields that the gatekeeper removes', () => {
  test.each([
    // Hop-by-hop (RFC 9110 §7.6.1), and what the next connection has of its own.
    ...['connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'transfer-encoding'],
    ...['upgrade', 'host', 'content-length', 'expect', 'alt-svc', 'http2-settings'],
    // Credentials, in every carrier.
    ...['authorization', 'proxy-authorization', 'x-api-key', 'api-key', 'x-goog-api-key', 'cookie'],
    ...['sec-websocket-protocol', 'ocp-apim-subscription-key', 'ocp-apim-trace'],
    // Identity: only we state it.
    ...['x-gatekeeper-user', 'x-gatekeeper-role', 'x-gatekeeper-key-id', 'x-gatekeeper-edge'],
    ...['x-gatekeeper-service', 'x-gatekeeper-request-id', 'x-gatekeeper-anything', 'x-gatekeeper'],
    // Statements of proxies.
    ...[
      'forwarded',
      'x-forwarded-for',
      'x-forwarded-host',
      'x-forwarded-proto',
      'x-real-ip',
      'via',
    ],
    ...['x-forwarded-uri', 'x-forwarded-method', 'x-forwarded-prefix', 'x-forwarded-user'],
    ...['x-original-url', 'x-rewrite-url', 'x-http-method-override', 'x-http-method'],
    ...['x-method-override', 'true-client-ip', 'cf-connecting-ip'],
    // LiteLLM's own, by which a model or a key could be named.
    ...[
      'x-litellm-model',
      'x-litellm-api-key',
      'x-litellm-tags',
      'x-litellm-enable-message-redaction',
    ],
    // The browser's.
    ...['origin', 'referer', 'sec-fetch-site', 'sec-fetch-mode', 'access-control-request-method'],
    ...['access-control-request-headers', 'accept-encoding'],
  ])('%s', (name) => {
    expect(names({ [name]: ['x'], accept: ['*/*'] })).toEqual(['accept'])
  })

  test.each([
    ...[
      'x_gatekeeper_user',
      'x.gatekeeper.user',
      'x-gatekeeper_user',
      'x_api_key',
      'x.forwarded.for',
    ],
    ...['x_forwarded_for', 'content_length', 'any_thing', 'any.thing'],
  ])('%s, a spelling that several servers fold to hyphens', (name) => {
    expect(names({ [name]: ['x'] })).toEqual([])
  })

  test.each([
    [['x-secret'], 'close, X-Secret'],
    [['x-a', 'x-b'], 'x-a ,\tX-B'],
    [['accept'], 'accept'],
  ])('%j, named by Connection', (removed, connection) => {
    const client: Record<string, string[]> = { connection: [connection], 'x-kept': ['1'] }
    for (const name of removed) client[name] = ['x']
    expect(names(client)).toEqual(['x-kept'])
  })

  test('the fields that several Connection fields name', () => {
    const client = { connection: ['x-a', 'close, x-b'], 'x-a': ['1'], 'x-b': ['1'], 'x-c': ['1'] }
    expect(names(client)).toEqual(['x-c'])
  })
})

describe('fields that pass', () => {
  test.each([
    ...['accept', 'accept-language', 'content-type', 'user-agent', 'anthropic-version'],
    ...[
      'anthropic-beta',
      'openai-beta',
      'openai-organization',
      'x-stainless-lang',
      'idempotency-key',
    ],
    ...['range', 'if-none-match', 'x-request-id'],
  ])('%s', (name) => {
    expect(upstreamFields({ [name]: ['a'] }, {})).toEqual({ [name]: 'a' })
  })

  test('a field with several values keeps them apart', () => {
    expect(upstreamFields({ 'x-a': ['1', '2'] }, {})).toEqual({ 'x-a': ['1', '2'] })
  })

  test('a field without a value is left out', () => {
    expect(upstreamFields({ 'x-a': undefined }, {})).toEqual({})
  })
})

describe('fields that we set', () => {
  const set = { 'x-gatekeeper-user': 'ada', authorization: 'Bearer ours', 'content-length': '2' }

  test('replace those of the client', () => {
    const client = {
      'x-gatekeeper-user': ['root'],
      authorization: [`Bearer ${sampleKey}`],
      'content-length': ['9'],
    }
    expect(upstreamFields(client, set)).toEqual(set)
  })

  test('cannot be removed by Connection', () => {
    const client = { connection: ['x-gatekeeper-user, authorization, content-length'] }
    expect(upstreamFields(client, set)).toEqual(set)
  })
})

test('no carrier forwards a credential, whatever else it holds', () => {
  const carrier = fc.constantFrom(
    ...['authorization', 'proxy-authorization', 'x-api-key', 'api-key', 'x-goog-api-key', 'cookie'],
    ...['sec-websocket-protocol', 'x_api_key', 'x-gatekeeper-edge', 'ocp-apim-subscription-key'],
  )
  const other = fc.dictionary(fc.stringMatching(/^[a-z][a-z-]{0,12}$/), fc.array(fc.string()))
  fc.assert(
    fc.property(carrier, other, (name, beside) => {
      const client = { ...beside, [name]: [`Bearer ${sampleKey}`] }
      expect(JSON.stringify(upstreamFields(client, {}))).not.toContain(sampleKey)
    }),
  )
})

describe('at a route that names the field of our credential', () => {
  const client = {
    authorization: ['Bearer app'],
    'x-api-key': ['ours'],
    'api-key': ['app'],
    'proxy-authorization': ['x'],
    cookie: ['a=b'],
    'x-gatekeeper-user': ['eve'],
  }

  test('the others pass unchanged, and ours is removed', () => {
    expect(upstreamFields(client, {}, 'x-api-key')).toEqual({
      authorization: 'Bearer app',
      'api-key': 'app',
    })
    expect(upstreamFields(client, {}, 'authorization')).toEqual({
      'x-api-key': 'ours',
      'api-key': 'app',
    })
    expect(upstreamFields(client, {}, 'basic')).toEqual(upstreamFields(client, {}, 'authorization'))
  })

  test('fields that Connection names are still removed', () => {
    const named = { ...client, connection: ['authorization'] }
    expect(upstreamFields(named, {}, 'x-api-key')).toEqual({ 'api-key': 'app' })
  })
})
