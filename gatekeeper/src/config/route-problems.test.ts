import { describe, expect, test } from 'vitest'
import { readGatewayFile } from './gateway-file.ts'
import { readSettings } from './read-settings.ts'

function read(services: string, env: Record<string, string> = {}) {
  const readFile = () => ''
  const { settings } = readSettings({ env, folder: '/srv/gate', platform: 'linux', readFile })
  const text = `version: 1\nservices:\n${services}\n`
  return readGatewayFile(text, '/srv/gate/gatekeeper.yaml', { settings, readFile })
}
const service = (name: string, ...routes: readonly string[]) =>
  `  ${name}: {kind: http, upstream: {url: "http://h:1"}, routes: [${routes.join(', ')}]}`
const at = (host: string, prefix = '/') =>
  `{host: ${JSON.stringify(host)}, prefix: ${JSON.stringify(prefix)}}`
const problemsOf = (services: string, env?: Record<string, string>) =>
  read(services, env).problems.map(({ what }) => what)

describe('the host of a route', () => {
  test.each([
    'webui.localhost',
    'comfy.example.com',
    'a.b.c.d.lan',
    'xn--bcher-kva.example',
    'a-b.lan',
    '0.lan',
    `${'a'.repeat(63)}.lan`,
  ])('%s is accepted', (host) => {
    const { services, problems } = read(service('webui', at(host)))
    expect(problems).toEqual([])
    expect(services[0]?.routes).toEqual([
      { host, prefix: '', strip: false, mode: 'check', browser: 'none' },
    ])
  })

  test('strip means nothing when the prefix is the whole host', () => {
    const { services } = read(service('webui', '{host: a.lan, prefix: /, strip: true}'))
    expect(services[0]?.routes[0]).toMatchObject({ prefix: '', strip: false })
  })

  const hostile = [
    ...['', ' ', 'localhost', 'webui', 'import', '*', '*.lan', '*.webui.lan', 'we*.lan', '.lan'],
    ...['a..lan', 'a.lan.', '-a.lan', 'a-.lan', 'a_b.lan', 'A.lan', 'a.LAN', 'a.lan:8443'],
    ...[
      '127.0.0.1',
      '10.1',
      '1.2.3.4.5',
      'a.1',
      'a.0x7f',
      '[::1]',
      '::1',
      'a.lan/x',
      'a.lan,b.lan',
    ],
    ...[
      'https://a.lan',
      'a.lan b.lan',
      'a.lan {',
      '}',
      '{env.X}.lan',
      '{$X}.lan',
      '{env.X}',
      'a`.lan',
    ],
    ...[
      'a".lan',
      "a'.lan",
      'a\\.lan',
      'a\n.lan',
      'a.lan\n',
      '\na.lan',
      'a\r.lan',
      'a\t.lan',
      'a\0.lan',
    ],
    ...[
      'bücher.lan',
      'а.lan',
      'a。lan',
      'a\u2028.lan',
      'a\u200d.lan',
      'a%2e.lan',
      'a#.lan',
      'a?.lan',
      'a@b.lan',
    ],
    ...[`${'a'.repeat(64)}.lan`, `${'a.'.repeat(130)}lan`, `${'a'.repeat(5_000)}.lan`],
  ]
  test.each(hostile)('%j is a problem', (host) => {
    expect(problemsOf(service('webui', at(host)))).toEqual([
      expect.stringContaining('services.webui.routes.0.host: must be a DNS name'),
    ])
  })

  test.each([
    ['localhost.example', 'LOCALHOST.example'],
    ['ai.lan', 'nas.local, ai.lan'],
  ])('%s is a name of the main site', (host, site) => {
    expect(problemsOf(service('webui', at(host)), { GATEKEEPER_SITE: site })).toEqual([
      `${host} is a name of the main site (GATEKEEPER_SITE)`,
    ])
  })

  test('the same host and prefix cannot occur twice; the same prefix at another host can', () => {
    const two = [service('a', at('x.lan'), at('y.lan'), '{prefix: /t}'), service('b', at('x.lan'))]
    expect(problemsOf(two.join('\n'))).toEqual(['x.lan/ is already a route of a'])
    expect(problemsOf(service('a', at('x.lan', '/t'), at('y.lan', '/t'), '{prefix: /t}'))).toEqual(
      [],
    )
  })

  test('on the main site no prefix may cover all paths', () => {
    expect(problemsOf(service('a', '{prefix: /}'))).toEqual([
      'the prefix / would be the whole main site',
    ])
  })

  test('only /.gatekeeper is reserved there', () => {
    expect(problemsOf(service('a', at('x.lan', '/.gatekeeper/x')))).toEqual([
      'x.lan/.gatekeeper/x is reserved for the gatekeeper',
    ])
    expect(problemsOf(service('a', at('x.lan', '/health'), at('x.lan', '/oauth')))).toEqual([])
  })
})

describe('services that share a name share an origin', () => {
  test('which is a warning, since it may be intended', () => {
    const { problems, warnings } = read(
      [service('a', at('x.lan'), at('x.lan', '/b')), service('b', at('x.lan', '/c'))].join('\n'),
    )
    expect(problems).toEqual([])
    expect(warnings).toMatchObject([
      { line: 4, what: expect.stringContaining('x.lan is the host of a too: services that share') },
    ])
  })

  test('a host of one service, or one for each, gives no warning', () => {
    const { warnings } = read(
      [service('a', at('x.lan'), at('x.lan', '/b')), service('b', at('y.lan'))].join('\n'),
    )
    expect(warnings).toEqual([])
  })
})
