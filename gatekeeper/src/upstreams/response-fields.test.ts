import { describe, expect, test } from 'vitest'
import { clientFields } from './response-fields.ts'

const names = (answer: Record<string, string | string[]>) =>
  Object.keys(clientFields(answer)).sort()

describe('fields that the gatekeeper removes', () => {
  test.each([
    // Hop-by-hop.
    ...['connection', 'keep-alive', 'proxy-connection', 'proxy-authenticate', 'te', 'upgrade'],
    ...['transfer-encoding', 'alt-svc'],
    // Fields that act on the browser for the whole origin, or send the client elsewhere.
    ...['strict-transport-security', 'www-authenticate', 'location', 'set-cookie'],
    ...['clear-site-data', 'access-control-allow-origin', 'access-control-allow-credentials'],
    ...['access-control-expose-headers', 'access-control-max-age'],
    // Fields that reveal where and what the upstream is.
    ...['server', 'x-powered-by', 'via', 'date', 'x-litellm-model-api-base', 'x-litellm-key-spend'],
    ...['x-litellm-version', 'x-forwarded-for', 'x-forwarded-host'],
    // Fields that only the gatekeeper sets.
    ...['x-gatekeeper-user', 'x-gatekeeper-proof', 'x-gatekeeper-edge', 'x-gatekeeper'],
  ])('%s', (name) => {
    expect(names({ [name]: 'x', 'content-type': 'text/plain' })).toEqual(['content-type'])
  })

  test.each(['x_gatekeeper_user', 'x.gatekeeper.user', 'x-gatekeeper_user', 'x-gatekeeper.proof'])(
    '%s, another spelling of an identity field',
    (name) => {
      expect(names({ [name]: 'x' })).toEqual([])
    },
  )

  test('fields that Connection names, as in requests', () => {
    // RFC 9110 §7.6.1 asks it of every intermediary, in both directions.
    expect(names({ connection: 'close, X-Hop', 'x-hop': '1', 'x-kept': '1' })).toEqual(['x-kept'])
  })
})

describe('fields that pass', () => {
  test.each([
    ...['content-type', 'content-length', 'content-encoding', 'cache-control', 'etag', 'vary'],
    ...['retry-after', 'x-should-retry', 'x-ratelimit-remaining-requests', 'openai-processing-ms'],
    ...['request-id', 'trailer', 'last-modified', 'content-range', 'accept-ranges'],
  ])('%s', (name) => {
    expect(clientFields({ [name]: 'a' })).toEqual({ [name]: 'a' })
  })

  test('several values stay separate, and a field without a value is left out', () => {
    expect(clientFields({ 'x-a': ['1', '2'], 'x-b': undefined })).toEqual({ 'x-a': ['1', '2'] })
  })
})
