import { expect, test } from 'vitest'
import { fromRecord, isComplete, readQuestion, toBody, writeQuestion } from './question.ts'

const read = (query: string) => readQuestion(new URLSearchParams(query))

test('a question in the address is read, and written as it was', () => {
  const query = 'key=abc&method=GET&path=%2Fa%3Fb&model=demo&from=10.0.0.7'
  const question = read(query)
  expect(question).toMatchObject({ asker: 'key', id: 'abc', method: 'GET', path: '/a?b' })
  const written = Object.entries(writeQuestion(question)).filter(([, value]) => value !== null)
  expect(new URLSearchParams(written as [string, string][]).toString()).toBe(query)
})

test('only what is given is asked, and only when it is enough', () => {
  expect(toBody(read('client=kitchen&path=/a'))).toEqual({
    ...{ client: 'kitchen', method: 'POST', path: '/a' },
  })
  expect(toBody(read('as=nobody&path=/a&method=GET'))).toEqual({ method: 'GET', path: '/a' })
  expect(
    ['key=a&path=/a', 'as=nobody&path=/a', 'path=/a', 'key=a', 'key=a&path=a'].map((query) =>
      isComplete(read(query)),
    ),
  ).toEqual([true, true, false, false, false])
})

test('a request of the past fills the question', () => {
  const details = {
    ...{ principal: 'key:abcde01234/mia', method: 'POST', path: '/v1/chat/completions' },
    ...{ model: 'demo:latest', clientAddress: '192.0.2.7' },
  }
  expect(fromRecord({ details }, read('request=r1'))).toEqual({
    ...{ asker: 'key', id: 'abcde01234', method: 'POST', path: '/v1/chat/completions' },
    ...{ model: 'demo:latest', from: '192.0.2.7', endpoint: '', origin: '' },
  })
})

test.each([
  ['a stranger', {}, { asker: 'nobody', id: '' }],
  ['a visitor', { principal: 'anonymous' }, { asker: 'nobody', id: '' }],
  ['a token, whose key is not on record', { principal: 'token:x' }, { asker: 'key', id: '' }],
  ['a token', { principal: 'token:x', holder: 'key:abc' }, { asker: 'key', id: 'abc' }],
  ['a client', { principal: 'client:kitchen' }, { asker: 'client', id: 'kitchen' }],
])('a request of %s', (_, details, expected) => {
  expect(fromRecord({ details }, read('request=r1'))).toMatchObject(expected)
})

test('a key that the link names stays', () => {
  const question = fromRecord({ details: { principal: 'token:x' } }, read('request=r1&key=abc'))
  expect(question).toMatchObject({ asker: 'key', id: 'abc' })
})
