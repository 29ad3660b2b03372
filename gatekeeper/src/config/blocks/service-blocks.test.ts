import { describe, expect, test } from 'vitest'
import { loadGateway } from '../load-gateway.ts'
import { readSettings } from '../read-settings.ts'
import { serviceBlocks } from './service-blocks.ts'

function render(services: string, env: Record<string, string> = {}) {
  const text = `version: 1\nservices:\n${services}\n`
  const readFile = () => text
  const { settings, problems } = readSettings({
    env,
    folder: '/srv/gk',
    platform: 'linux',
    readFile,
  })
  const gateway = loadGateway(settings, readFile)
  return {
    problems: [...problems, ...gateway.problems].map(({ source, what }) => `${source}: ${what}`),
    text: serviceBlocks(settings, gateway.services),
  }
}
const tts =
  '  tts: {kind: http, upstream: {url: "http://h:1/base"}, routes: [{prefix: /tts, strip: true}]}'

describe('services.caddy', () => {
  test('has a block for each checked route: check first, then proxy within the limits', () => {
    const timed = tts.replace(
      'routes',
      'timeouts: {connectSeconds: 1, headersSeconds: 0.5, idleSeconds: 9}, routes',
    )
    const { text } = render(timed)
    expect(text).toContain(
      'import gate "tts"\n\t\t\turi path_regexp "^/" "/base/"\n\t\t\treverse_proxy "http://h:1" {',
    )
    expect(text).toContain(
      'keepalive off\n\t\t\t\t\tdial_timeout 1000ms\n\t\t\t\t\tresponse_header_timeout 500ms\n\t\t\t\t\tread_timeout 9000ms',
    )
    expect(text).toContain('header_up X-Forwarded-Prefix "/tts"')
  })

  test('one entry in gatekeeper.yaml relays a service', () => {
    const { text } = render(
      '  x: {kind: openai, upstream: {url: "http://h:1"}, routes: [{prefix: /x}]}',
    )
    expect(text).toMatch(/@gatekeeper-relay \{\n\t\tpath "\/x" "\/x\/\*" "\/health"/)
  })

  test('a route below another one is served by its own point, whatever order Caddy applies', () => {
    const { text } = render(
      [
        '  a: {kind: openai, upstream: {url: "http://a:1"}, routes: [{prefix: /a}, {prefix: /b/relayed}]}',
        '  b: {kind: http, upstream: {url: "http://b:1"}, routes: [{prefix: /b}, {prefix: /a/checked}]}',
      ].join('\n'),
    )
    expect(text).toContain('not path "/a/checked" "/a/checked/*"')
    expect(text).toContain('path "/b/*"\n\t\tnot path "/b/relayed" "/b/relayed/*"')
  })

  describe('a host of its own', () => {
    const webui = (routes: string, more = '') =>
      `  webui: {kind: http, upstream: {url: "http://h:1"}${more}, routes: [${routes}]}`
    const hostsOf = (text: string) =>
      text.slice(text.indexOf('(hosts)'), text.indexOf('(service_errors)'))

    test('is a site with everything that the main one has, and the main site has nothing of it', () => {
      const { text } = render(webui('{host: webui.localhost, prefix: /}'))
      expect(hostsOf(text)).toContain(
        [
          '\t"webui.localhost" {',
          '\t\ttls internal',
          '\t\timport site none.invalid',
          '\t\t@gatekeeper-route-0 {',
          '\t\t\tpath "/*"',
          '\t\t}',
          '\t\thandle @gatekeeper-route-0 {',
          '\t\t\troute {',
          '\t\t\t\timport gate "webui"',
        ].join('\n'),
      )
      expect(hostsOf(text)).toContain('\t\thandle {\n\t\t\timport missing\n\t\t}\n\t}\n')
      expect(hostsOf(text)).not.toMatch(/\/health|\/oauth|strip_prefix/)
      expect(text.slice(text.indexOf('(services)'), text.indexOf('(hosts)'))).not.toContain('webui')
    })

    test('a public name gets a public certificate, whatever the main site has', () => {
      const { text } = render(webui('{host: comfy.example.com, prefix: /}'))
      expect(hostsOf(text)).toContain(
        '\t"comfy.example.com" {\n\t\timport site "comfy.example.com"\n',
      )
      expect(hostsOf(text)).not.toContain('tls internal')
    })

    test('is relayed if the route says so, and routes of other hosts change nothing there', () => {
      const { text } = render(
        webui(
          '{host: a.lan, prefix: /, mode: relay}, {host: a.lan, prefix: /c}, {host: b.lan, prefix: /a/d}, {prefix: /e}',
        ),
      )
      expect(hostsOf(text)).toContain(
        '\t\t@gatekeeper-relay {\n\t\t\tpath "/*"\n\t\t\tnot path "/c" "/c/*"\n\t\t}\n',
      )
      expect(text.match(/path "\/a\/d\/\*"\n/g)).toHaveLength(1)
    })

    test('a base path of the service and its own URLs lead to its own host there', () => {
      const { text } = render(
        '  webui: {kind: http, upstream: {url: "http://inner/base"}, routes: [{host: webui.localhost, prefix: /, strip: true}]}',
      )
      expect(text).toContain('(?:inner|webui\\.localhost)')
      expect(text).not.toContain('X-Forwarded-Prefix')
    })

    test('a service without an address has no site: the Caddyfile has one for it', () => {
      const { text } = render('  sd: {kind: http, routes: [{host: sd.lan, prefix: /}]}')
      expect(text).not.toContain('sd.lan')
    })
  })

  test('a service without an address has no block: the Caddyfile has one for it', () => {
    const { text } = render('  sd: {kind: http, routes: [{prefix: /sd}]}')
    expect(text).not.toContain('/sd')
  })

  test('Caddy reports ends over a socket next to the one for checks, and not at all without one', () => {
    expect(render(tts).text).toContain('output net "unix//srv/gk/.gatekeeper/run/outcomes.sock"')
    const { text } = render(tts, { GATEKEEPER_CHECK_LISTEN: '127.0.0.1:9002' })
    expect(text).toContain('(outcomes) {\n\tlog_skip\n}')
    expect(render(tts, { GATEKEEPER_STATE_DIR: '/srv/{$X}' }).text).not.toContain('{$X}')
  })

  const hostile = [
    '\\n}',
    '{env.X}',
    '{$X}',
    '`',
    '\\"',
    "'",
    ' ',
    'é',
    '\\u0000',
    '{',
    '}',
    '*',
    '?',
    '#',
    '%2f',
  ]
  test.each(
    hostile.flatMap((sign) => [
      [
        'a name',
        `  "t${sign}": {kind: http, upstream: {url: "http://h:1"}, routes: [{prefix: /t}]}`,
      ],
      [
        'a prefix',
        `  t: {kind: http, upstream: {url: "http://h:1"}, routes: [{prefix: "/t${sign}"}]}`,
      ],
      [
        'a host of its own',
        `  t: {kind: http, upstream: {url: "http://h:1"}, routes: [{host: "t${sign}.lan", prefix: /}]}`,
      ],
      ['a host', `  t: {kind: http, upstream: {url: "http://h${sign}:1"}, routes: [{prefix: /t}]}`],
      ['a port', `  t: {kind: http, upstream: {url: "http://h:1${sign}"}, routes: [{prefix: /t}]}`],
      [
        'a path',
        `  t: {kind: http, upstream: {url: "http://h:1/${sign}"}, routes: [{prefix: /t}]}`,
      ],
    ]),
  )('%s in %s is a problem, and never in the file', (_place, entry) => {
    const { problems, text } = render(entry)
    expect(problems).not.toEqual([])
    expect(text).not.toContain('gatekeeper-route-0')
  })
})
