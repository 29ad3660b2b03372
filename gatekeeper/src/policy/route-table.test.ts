import { describe, expect, test } from 'vitest'
import { aRoute, aService } from '../../test/support/questions.ts'
import { createHostTest, createRouteTable } from './route-table.ts'

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
  const match = find(path, 'localhost')
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
    expect(find(path, 'localhost')).toBeNull()
  })

  test('in any order of the services', () => {
    const long = aService({ name: 'long', routes: [aRoute({ prefix: '/a/b' })] })
    const short = aService({ name: 'short', routes: [aRoute({ prefix: '/a' })] })
    for (const services of [
      [long, short],
      [short, long],
    ]) {
      const table = createRouteTable(services)
      expect(table('/a/b/c', 'localhost')?.service.name).toBe('long')
      expect(table('/a/c', 'localhost')?.service.name).toBe('short')
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
    expect(find(path, 'localhost')?.endpointPath).toBe(expected)
  })
})

test('without services nothing has a route', () => {
  expect(createRouteTable([])('/api', 'localhost')).toBeNull()
})

describe('a host of its own', () => {
  const services = [
    aService({ name: 'ollama', routes: [aRoute({ prefix: '/api' })] }),
    aService({
      name: 'webui',
      kind: 'http',
      routes: [
        aRoute({ host: 'webui.localhost', prefix: '' }),
        aRoute({ host: 'webui.localhost', prefix: '/files', strip: true }),
        aRoute({ prefix: '/webui' }),
      ],
    }),
    aService({ name: 'tts', kind: 'http', routes: [aRoute({ host: 'tts.lan', prefix: '/v1' })] }),
  ]
  const findAt = createRouteTable(services)
  const describeAt = (host: string, path: string) => {
    const match = findAt(path, host)
    return match && [match.service.name, match.route.prefix, match.endpointPath]
  }

  test.each([
    ['webui.localhost', '/', ['webui', '', '/']],
    ['webui.localhost', '/api/tags', ['webui', '', '/api/tags']],
    ['webui.localhost', '/health', ['webui', '', '/health']],
    ['webui.localhost', '/files/a', ['webui', '/files', '/a']],
    ['webui.localhost', '/filesx', ['webui', '', '/filesx']],
    ['tts.lan', '/v1/x', ['tts', '/v1', '/v1/x']],
    ['localhost', '/api/tags', ['ollama', '/api', '/api/tags']],
    ['localhost', '/webui/x', ['webui', '/webui', '/webui/x']],
  ])('%s%s', (host, path, expected) => {
    expect(describeAt(host, path)).toEqual(expected)
  })

  test.each([
    ['tts.lan', '/'],
    ['tts.lan', '/api/tags'],
    ['tts.lan', '/webui/x'],
    ['localhost', '/'],
    ['localhost', '/files/a'],
    ['localhost', '/v1/x'],
    ['other.localhost', '/files/a'],
    ['webui.localhost.evil.example', '/'],
    ['evil.webui.localhost', '/'],
  ])('%s%s has no route: hosts share no routes', (host, path) => {
    expect(describeAt(host, path)).toBeNull()
  })

  test.each([
    'webui.localhost:8443',
    'WebUI.LocalHost',
    'webui.localhost.',
    'WEBUI.localhost.:443',
    '[webui.localhost]',
    '[webui.localhost]:8443',
    '[Webui.localhost.]',
  ])('%s is the same host', (host) => {
    expect(describeAt(host, '/x')).toEqual(['webui', '', '/x'])
    expect(createHostTest(services)(host)).toBe(true)
  })

  test.each(['/.gatekeeper', '/.gatekeeper/', '/.gatekeeper/x', '/.Gatekeeper/x', '/.GATEKEEPER'])(
    '%s there belongs to the gatekeeper',
    (path) => {
      expect(describeAt('webui.localhost', path)).toBeNull()
    },
  )

  test('a path that only begins like it belongs to the service', () => {
    expect(describeAt('webui.localhost', '/.gatekeeperx')).not.toBeNull()
  })
})
