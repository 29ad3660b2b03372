import { describe, expect, test } from 'vitest'
import { aRoute, aService } from '../../test/support/questions.ts'
import { createRouteTable } from './route-table.ts'

const find = createRouteTable([
  aService({
    name: 'ollama',
    routes: [
      aRoute({ prefix: '/api' }),
      aRoute({ prefix: '/ollama', strip: true }),
      aRoute({ prefix: '/v1' }),
    ],
  }),
  aService({ name: 'litellm', routes: [aRoute({ prefix: '/v1/images' })] }),
  aService({ name: 'tts', kind: 'http', routes: [aRoute({ prefix: '/api/tts', strip: true })] }),
])

const describeMatch = (path: string) => {
  const match = find(path)
  return match && [match.service.name, match.route.prefix, match.endpointPath]
}

describe('the longest prefix of whole segments wins', () => {
  test.each([
    ['/api', ['ollama', '/api', '/api']],
    ['/api/chat', ['ollama', '/api', '/api/chat']],
    ['/api/', ['ollama', '/api', '/api/']],
    ['/api/tts', ['tts', '/api/tts', '/']],
    ['/api/tts/v1/speak', ['tts', '/api/tts', '/v1/speak']],
    ['/api/ttsx', ['ollama', '/api', '/api/ttsx']],
    ['/v1/images/generations', ['litellm', '/v1/images', '/v1/images/generations']],
    ['/v1/imagesx', ['ollama', '/v1', '/v1/imagesx']],
    ['/v1', ['ollama', '/v1', '/v1']],
  ])('%s', (path, expected) => {
    expect(describeMatch(path)).toEqual(expected)
  })

  test.each([
    ...[
      '/',
      '',
      '/apish',
      '/ap',
      '/API/chat',
      '/Api',
      '/ollamax/api/chat',
      '/v10/models',
      '/x/api',
    ],
    ...['api', '//api', '/api%2fchat', '/.', '/v1%2fmodels'],
  ])('%j has no route', (path) => {
    expect(find(path)).toBeNull()
  })

  test('whatever the order of the services', () => {
    const long = aService({ name: 'long', routes: [aRoute({ prefix: '/a/b' })] })
    const short = aService({ name: 'short', routes: [aRoute({ prefix: '/a' })] })
    for (const services of [
      [long, short],
      [short, long],
    ]) {
      const table = createRouteTable(services)
      expect(table('/a/b/c')?.service.name).toBe('long')
      expect(table('/a/c')?.service.name).toBe('short')
    }
  })
})

describe('a prefix that is stripped', () => {
  test.each([
    ['/ollama', '/'],
    ['/ollama/', '/'],
    ['/ollama/api/chat', '/api/chat'],
    ['/ollama/api/chat/', '/api/chat/'],
    ['/ollama/ollama/api', '/ollama/api'],
  ])('%s is %s for the service', (path, expected) => {
    expect(find(path)?.endpointPath).toBe(expected)
  })
})

test('without services nothing has a route', () => {
  expect(createRouteTable([])('/api')).toBeNull()
})
