import { describe, expect, test } from 'vitest'
import { aHead, anEndpoint, someFacts } from '../../test/support/questions.ts'
import type { RequestFacts } from '../model/facts.ts'
import { boundaryOf, isTerminalType } from './content-type.ts'

const ofType = (type: string, fields: Record<string, string[]> = {}) =>
  aHead({ fields: { ...fields, 'content-type': [type] } })

describe('the boundary of an upload', () => {
  test.each([
    ['multipart/form-data; boundary=x', 'x'],
    ['multipart/form-data;boundary=X;charset=UTF-8', 'X'],
    ['multipart/form-data; charset=utf-8; boundary=x', 'x'],
    ['Multipart/Form-Data; Charset="utf-8"; BOUNDARY="a b"', 'a b'],
    ['multipart/form-data; boundary="x;y=z" ; a=b', null],
    ['multipart/form-data; boundary="x:y=z" ; a=b;', 'x:y=z'],
    ['multipart/form-data; note="a; boundary=b"; boundary=c', 'c'],
    ['multipart/form-data', null],
    ['multipart/form-data; boundary=', null],
    ['multipart/form-data; boundary=a; boundary=a', null],
    ['multipart/form-data; boundary=a; boundary="b"', null],
    ["multipart/form-data; boundary*=utf-8''a; boundary=b", null],
    ['multipart/form-data; boundary="a\\"b"', null],
    ['multipart/form-data; boundary=a b', null],
    ['multipart/form-data; boundary=a, multipart/form-data; boundary=b', null],
    ['multipart/form-data-x; boundary=a', null],
    ['multipart/mixed; boundary=a', null],
    [`multipart/form-data; boundary=${'x'.repeat(71)}`, null],
  ])('%s: %s', (type, boundary) => {
    expect(boundaryOf(ofType(type))).toBe(boundary)
  })
})

describe('the default type of curl', () => {
  const type = 'application/x-www-form-urlencoded'
  const ask = (fields: Record<string, string[]> = {}, facts: Partial<RequestFacts> = {}) =>
    isTerminalType(ofType(type, fields), someFacts(facts))

  test('is accepted on Ollama’s own paths next to a credential in a header field', () => {
    expect([ask(), ask({}, { carrier: 'field' })]).toEqual([true, true])
  })

  test.each<[string, boolean]>([
    ['a page says where it is from', ask({}, { origin: 'https://evil.example' })],
    ['a sandboxed page', ask({}, { origin: 'null' })],
    ['a browser sent it', ask({ 'sec-fetch-site': ['none'] })],
    ['a browser sent it, by another field', ask({ 'sec-fetch-mode': ['navigate'] })],
    ['a browser adds the password', ask({}, { carrier: 'basic' })],
    ['no credential', ask({}, { carrier: 'none' })],
    ['OpenAI’s paths', ask({}, { endpoint: anEndpoint({ dialect: 'openai' }) })],
    ['plain text', isTerminalType(ofType('text/plain'), someFacts())],
    ['a form of files', isTerminalType(ofType('multipart/form-data; boundary=x'), someFacts())],
  ])('is not accepted when %s', (_, isTaken) => {
    expect(isTaken).toBe(false)
  })
})
