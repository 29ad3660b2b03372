import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { scrubKeys } from '../model/key-shape.ts'
import { createClientSecret } from '../oauth/client-secret.ts'
import { createTokenFinder } from './find-token.ts'

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
const tokenOf = (claims: unknown, head: unknown = { alg: 'RS256', typ: 'at+jwt' }) =>
  `${encode(head)}.${encode(claims)}.${'s'.repeat(86)}`
const issuer = 'https://localhost:8443'
const ours = tokenOf({ iss: issuer, sub: 'app' })

describe('a token in a text', () => {
  const holdsToken = createTokenFinder([issuer])

  it.each([
    ['alone', ours],
    ['in a query', `/image/ws?x=1&token=${ours}&y=2`],
    ['behind a scheme', `/x?a=Bearer ${ours}`],
    ['in a path', `/files/${ours}/x`],
    ['without its signature', `/x?t=${ours.split('.').slice(0, 2).join('.')}.`],
    ['with more behind it', `/x?t=${ours}.more`],
    ['among others', `/x?a=${tokenOf({ iss: 'https://b.example' })}&b=${ours}`],
  ])('is found %s', (_, text) => {
    expect(holdsToken(text)).toBe(true)
  })

  it('of an unknown issuer is ignored', () => {
    expect(holdsToken(`/x?t=${tokenOf({ iss: 'https://b.example' })}`)).toBe(false)
    for (const claims of [{}, null, [], issuer, { iss: null }]) {
      expect(holdsToken(tokenOf(claims))).toBe(false)
    }
  })

  it('is searched for in any text without an error', () => {
    fc.assert(fc.property(fc.string(), (text) => typeof holdsToken(text) === 'boolean'))
    const dots = '.'.repeat(10_000)
    expect(holdsToken(dots + ours + dots)).toBe(true)
  })
})

describe('a log line', () => {
  it.each([
    ['a token', `Bearer ${ours}`],
    ['a token in JSON', JSON.stringify({ a: `x\n${ours}` })],
    ['a token in a query', `a=${ours}&b`],
    ['a token behind an escape', `a=Bearer%20${ours.replaceAll('.', '%2E')}`],
    ['a token without signature', ours.split('.').slice(0, 2).join('.')],
    ['a client secret', `secret=${createClientSecret()};`],
    ['a client secret with an escape', createClientSecret().replace('_', '%5F')],
    ['most of a client secret', createClientSecret().slice(0, 30)],
  ])('is scrubbed of %s', (_, text) => {
    expect(scrubKeys(text)).not.toMatch(/[0-9A-Za-z]{16}/)
  })

  it('is scrubbed of a token whose header begins with white space', () => {
    for (const space of [' ', '\n', '\t', '\r\n']) {
      const head = Buffer.from(`{${space}"alg":"RS256"}`).toString('base64url')
      expect(scrubKeys(`x ${head}.${encode({ iss: issuer })}.abcd`)).toBe('x ***')
    }
  })

  it('keeps the names of models, hosts, versions and files', () => {
    const text =
      '{"model":"llama3.2:3b-instruct-q4_K_M","host":"eyes.example.com","settings_of":"logs_2026.txt"}'
    expect(scrubKeys(text)).toBe(text)
  })

  it('is scrubbed in linear time', () => {
    const started = performance.now()
    for (const text of ['ey', 'eyJ', 'ew-', '%20ey', 'gs_', 'gk_', 'eyJhbGciOiJSUzI1.']) {
      scrubKeys(text.repeat(100_000))
    }
    // Squares of these would be minutes.
    expect(performance.now() - started).toBeLessThan(15_000)
  })
})
