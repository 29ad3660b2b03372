import { expect, test } from 'vitest'
import { parseWords } from '../frame/parse-words.ts'
import { explainOptions, readQuestion } from './read-question.ts'

const npm = { env: {}, readFile: () => null }
const read = (words: readonly string[]) => readQuestion(parseWords(words, explainOptions, { npm }))

test('a question is read', () => {
  expect(read(['--key', 'abc', 'get', '/api/tags', '--model', 'demo', '--live'])).toEqual({
    ...{
      method: 'GET',
      target: '/api/tags',
      model: 'demo',
      endpoint: null,
      from: '127.0.0.1',
      origin: null,
    },
    ...{ host: null, caller: { kind: 'key', id: 'abc' }, isLive: true },
  })
})

test('an address names the host that is called', () => {
  const hostOf = (...words: string[]) => {
    const { host, target } = read(['GET', ...words])
    return [host, target]
  }
  expect(hostOf('https://webui.localhost:8443/a?b')).toEqual(['webui.localhost:8443', '/a?b'])
  expect(hostOf('https://webui.localhost')).toEqual(['webui.localhost', '/'])
  expect(hostOf('/a', '--host', 'webui.localhost')).toEqual(['webui.localhost', '/a'])
})

test('a client is named by its id', () => {
  expect(read(['--client', 'kitchen', 'GET', '/a']).caller).toEqual({
    ...{ kind: 'client', id: 'kitchen' },
  })
})

test('nobody asks where nobody is named', () => {
  expect(read(['GET', '/']).caller).toEqual({ kind: 'anonymous' })
  expect(read(['--anonymous', 'GET', '/']).caller).toEqual({ kind: 'anonymous' })
})

test.each([
  [[]],
  [['GET']],
  [['GET', 'api/tags']],
  [['GET', '/a', '/b']],
  [['GET', 'http://a.lan/b']],
  [['GET', 'https://a.lan/b', '--host', 'a.lan']],
  [['G T', '/a']],
  [['--key', 'x', '--anonymous', 'GET', '/a']],
  [['--key', 'x', '--token', 'y', 'GET', '/a']],
  [['--key', 'x', '--client', 'y', 'GET', '/a']],
  [['--from', 'home', 'GET', '/a']],
  [['--nothing', 'GET', '/a']],
])('%j is bad usage', (words) => {
  expect(() => read(words)).toThrow(expect.objectContaining({ code: 64 }))
})

test('a whole key is no word of a command line, and is not repeated', () => {
  const key = `gk_${'a'.repeat(10)}_${'b'.repeat(49)}`
  expect(() => read(['--key', key, 'GET', '/a'])).toThrow(
    expect.objectContaining({ message: expect.not.stringContaining('bbb') }),
  )
})
