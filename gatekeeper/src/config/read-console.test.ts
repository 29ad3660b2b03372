import { describe, expect, test } from 'vitest'
import { isCoveredBy } from './read-console.ts'
import { readSettings } from './read-settings.ts'

function read(env: Record<string, string>) {
  const source = { env, folder: '/srv/gate', platform: 'linux', readFile: () => '' }
  const { settings, problems } = readSettings(source)
  return { ...settings, problems: problems.map(({ source, what }) => `${source} ${what}`) }
}

describe('the console', () => {
  test.each<[string, Record<string, string>, object]>([
    [
      'has a name that no service has, on loopback',
      {},
      { site: 'console.localhost', port: 8444, origin: 'https://console.localhost:8444' },
    ],
    [
      'may have a public name',
      { GATEKEEPER_CONSOLE_SITE: 'Console.Example.com', GATEKEEPER_CONSOLE_PORT: '443' },
      { origin: 'https://console.example.com', rpId: 'console.example.com' },
    ],
    [
      'makes passkeys for its name or a parent domain',
      { GATEKEEPER_CONSOLE_SITE: 'console.example.com', PASSKEY_RP_ID: 'Example.com' },
      { rpId: 'example.com', isPasskeyPossible: true },
    ],
    [
      'may have an address, without passkeys',
      { GATEKEEPER_CONSOLE_SITE: '192.168.1.20', GATEKEEPER_CONSOLE_BIND: '0.0.0.0' },
      { origin: 'https://192.168.1.20:8444', bind: '0.0.0.0', isPasskeyPossible: false },
    ],
    [
      'may have an IPv6 address, with or without brackets',
      { GATEKEEPER_CONSOLE_SITE: '[fd00::2]' },
      { site: 'fd00::2', origin: 'https://[fd00::2]:8444' },
    ],
    ['names itself to people', { PASSKEY_RP_NAME: 'Our AI' }, { rpName: 'Our AI' }],
  ])('%s', (_, env, expected) => {
    const { console, problems } = read({ GATEKEEPER_HTTPS_PORT: '8443', ...env })
    expect(problems).toEqual([])
    expect(console).toMatchObject(expected)
  })

  test.each<[string, Record<string, string>, string]>([
    ['two names', { GATEKEEPER_CONSOLE_SITE: 'a.lan,b.lan' }, 'GATEKEEPER_CONSOLE_SITE is'],
    ['a wildcard', { GATEKEEPER_CONSOLE_SITE: '*.lan' }, 'GATEKEEPER_CONSOLE_SITE is'],
    ['a URL', { GATEKEEPER_CONSOLE_SITE: 'https://a.lan' }, 'GATEKEEPER_CONSOLE_SITE has'],
    ['a Caddyfile', { GATEKEEPER_CONSOLE_SITE: 'a.lan{' }, 'GATEKEEPER_CONSOLE_SITE has'],
    ['no port', { GATEKEEPER_CONSOLE_PORT: '0' }, 'GATEKEEPER_CONSOLE_PORT is'],
    ['a name to bind', { GATEKEEPER_CONSOLE_BIND: 'localhost' }, 'GATEKEEPER_CONSOLE_BIND is'],
    [
      'the port of HTTPS',
      { GATEKEEPER_CONSOLE_PORT: '8443' },
      'GATEKEEPER_CONSOLE_PORT is the same',
    ],
    [
      'the port of HTTP',
      { GATEKEEPER_CONSOLE_PORT: '8080' },
      'GATEKEEPER_CONSOLE_PORT is the same',
    ],
    ['a name of services', { GATEKEEPER_CONSOLE_SITE: 'localhost' }, 'GATEKEEPER_CONSOLE_SITE is'],
    [
      'an address of services',
      { GATEKEEPER_CONSOLE_SITE: '127.0.0.1' },
      'GATEKEEPER_CONSOLE_SITE is',
    ],
    [
      'a name that services answer by a wildcard',
      { GATEKEEPER_SITE: '*.Example.com', GATEKEEPER_CONSOLE_SITE: 'console.example.com' },
      'GATEKEEPER_CONSOLE_SITE is',
    ],
    ['passkeys of another name', { PASSKEY_RP_ID: 'example.com' }, 'PASSKEY_RP_ID is'],
    ['passkeys of a longer name', { PASSKEY_RP_ID: 'x.console.localhost' }, 'PASSKEY_RP_ID is'],
    // `ole.localhost` ends it, and is not a parent.
    ['passkeys of a part of a label', { PASSKEY_RP_ID: 'ole.localhost' }, 'PASSKEY_RP_ID is'],
    ['passkeys of a whole top level', { PASSKEY_RP_ID: 'localhost' }, 'PASSKEY_RP_ID is'],
    [
      'passkeys for a part of an address',
      { GATEKEEPER_CONSOLE_SITE: '10.0.0.7', PASSKEY_RP_ID: '0.0.7' },
      'PASSKEY_RP_ID is',
    ],
    ['a name with a line break', { PASSKEY_RP_NAME: 'a\nb' }, 'PASSKEY_RP_NAME is'],
  ])('does not start with %s', (_, env, expected) => {
    expect(read(env).problems).toEqual([expect.stringContaining(expected)])
  })

  test('says why its name may not be that of services', () => {
    const { problems } = read({ GATEKEEPER_CONSOLE_SITE: 'localhost' })
    expect(problems[0]).toMatch(/browsers send cookies to all ports of a name/)
  })

  test('that is off has no socket, and its name and port are free', () => {
    const env = { GATEKEEPER_CONSOLE_SITE: 'localhost', GATEKEEPER_CONSOLE_PORT: '8443' }
    const { consoleListen, problems } = read({ GATEKEEPER_CONSOLE: 'off', ...env })
    expect([consoleListen, problems]).toEqual([null, []])
  })
})

test.each<[string, string, boolean]>([
  ['a.example.com', 'a.example.com', true],
  ['a.example.com', '*.example.com', true],
  ['b.a.example.com', '*.example.com', false],
  ['example.com', '*.example.com', false],
  ['localhost', '*.localhost', false],
])('%s is served as %s: %s', (name, site, expected) => {
  expect(isCoveredBy(name, site)).toBe(expected)
})
