import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Parameters, readClientCredentials, readParameters, readWords } from './parameters.ts'

const form = 'application/x-www-form-urlencoded'
const read = (text: string, type = form) => readParameters(Buffer.from(text), type)
const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`
const parameters = (entries: Record<string, string>): Parameters => new Map(Object.entries(entries))

describe('parameters', () => {
  it('may be a form or JSON', () => {
    const expected = parameters({ grant_type: 'client_credentials', scope: 'a b' })
    expect(read('grant_type=client_credentials&scope=a+b&empty=')).toEqual(expected)
    const json = '{"grant_type": "client_credentials", "scope": "a b"}'
    expect(read(json, 'application/json; charset=utf-8')).toEqual(expected)
  })

  it.each([
    ['a=1&a=2', form],
    ['a=1&%61=2', form],
    ['{"a":"1","a":"1"}', 'application/json'],
    ['{"a":"1","\\u0061":"1"}', 'application/json'],
    ['{"a":1}', 'application/json'],
    ['{"a":null}', 'application/json'],
    ['{"a":{"b":"c"}}', 'application/json'],
    ['["a"]', 'application/json'],
    ['{', 'application/json'],
    ['a=1', 'text/plain'],
    ['a=1', ''],
    ['a=1', 'multipart/form-data; boundary=x'],
  ])('%j as %j are refused', (text, type) => {
    expect(read(text, type)).toMatchObject({ error: 'invalid_request' })
  })

  it('never throw, and never contain a name twice', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), fc.boolean(), (text, isForm) => {
        const result = read(text, isForm ? form : 'application/json')
        expect(result instanceof Map || 'error' in result).toBe(true)
      }),
      { numRuns: 3_000 },
    )
  })

  it('lists are separated by blanks', () => {
    expect(readWords(parameters({ scope: ' a  b a' }), 'scope')).toEqual(['a', 'b'])
    expect(readWords(parameters({}), 'scope')).toBeNull()
  })
})

describe('the credentials of a client', () => {
  const inBody = parameters({ client_id: 'app', client_secret: 's:1' })

  it('are in the body or in Basic, where both parts are form-encoded', () => {
    expect(readClientCredentials(inBody, null)).toEqual({ id: 'app', secret: 's:1' })
    expect(readClientCredentials(parameters({}), basic('app:s%3A1'))).toEqual({
      id: 'app',
      secret: 's:1',
    })
    expect(readClientCredentials(parameters({ client_id: 'app' }), basic('app:x'))).toMatchObject({
      id: 'app',
    })
    expect(readClientCredentials(parameters({}), null)).toBeNull()
  })

  it.each([
    [{ client_id: 'app', client_secret: 'x' }, basic('app:x')],
    [{ client_id: 'other' }, basic('app:x')],
    [{ client_id: 'app' }, null],
    [{ client_secret: 'x' }, null],
    [{}, 'Bearer x'],
    [{}, 'Basic'],
    [{}, 'Basic !!'],
    [{}, basic('no colon')],
    [{}, basic(':x')],
    [{}, basic('%zz:x')],
  ])('%j with %j are refused', (entries, authorization) => {
    const result = readClientCredentials(
      parameters(entries as Record<string, string>),
      authorization,
    )
    expect(result).toMatchObject({ error: 'invalid_request' })
  })
})
