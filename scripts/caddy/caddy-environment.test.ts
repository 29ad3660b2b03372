import { describe, expect, it } from 'vitest'
import { isInternalName } from '../../gatekeeper/src/config/front-environment.ts'
import { readSettings } from '../../gatekeeper/src/config/read-settings.ts'
import { caddyEnvironment } from './caddy-environment.ts'

function environmentOf(env: Record<string, string>, isTerminal = false) {
  const source = { env, folder: '/srv/gk', platform: 'linux', readFile: () => 'secret' }
  const { settings } = readSettings(source)
  return caddyEnvironment(settings, { env, ollamaUrl: null, isTerminal, timeouts: 'idle 9m' })
}

describe("Caddy's environment", () => {
  it('has every name that the Caddyfile reads', () => {
    expect(environmentOf({})).toEqual({
      GATEKEEPER_SITE: 'localhost, 127.0.0.1',
      GATEKEEPER_DEFAULT_SNI: '127.0.0.1',
      GATEKEEPER_TLS: 'tls internal',
      GATEKEEPER_PUBLIC_SITES: 'none.invalid',
      GATEKEEPER_STRANGERS: 'https://',
      GATEKEEPER_REDIRECTS: 'http://',
      GATEKEEPER_PLATFORM: '',
      GATEKEEPER_PROXIES: '',
      GATEKEEPER_BIND: '127.0.0.1',
      GATEKEEPER_HTTPS_PORT: '8443',
      GATEKEEPER_HTTP_PORT: '8080',
      GATEKEEPER_RELAY: 'unix//srv/gk/.gatekeeper/run/relay.sock',
      GATEKEEPER_CHECK: 'unix//srv/gk/.gatekeeper/run/check.sock',
      GATEKEEPER_CONSOLE_SOCKET: 'unix//srv/gk/.gatekeeper/run/front/console.sock',
      GATEKEEPER_CONSOLE_BIND: '127.0.0.1',
      GATEKEEPER_STATE_DIR: '/srv/gk/.gatekeeper',
      GATEKEEPER_TIMEOUTS: 'idle 9m',
      GATEKEEPER_LOG_LEVEL: 'INFO',
      GATEKEEPER_LOG_FORMAT: 'json',
      OLLAMA_URL: 'http://127.0.0.1:11434',
    })
  })

  it('carries no secret, in no spelling of its name, and no file of one', () => {
    const env = environmentOf({
      LITELLM_MASTER_KEY: 'sk-secret',
      litellm_master_key: 'sk-secret',
      LITELLM_MASTER_KEY_FILE: '/run/secrets/litellm',
    })
    expect(Object.keys(env).filter((name) => /litellm/i.test(name))).toEqual([])
  })

  it('carries no proxy, through which checks and keys would leave the machine', () => {
    const proxies = ['HTTP_PROXY', 'https_proxy', 'All_Proxy', 'no_proxy', 'NO_PROXY', 'http_proxy']
    const env = environmentOf(Object.fromEntries(proxies.map((name) => [name, 'http://evil:1'])))
    expect(Object.keys(env).filter((name) => /proxy/i.test(name))).toEqual([])
  })

  it('hands on what the Caddyfile asks for beyond our settings', () => {
    const env = environmentOf({ TTS_URL: 'http://tts:8880', PATH: '/bin' })
    expect(env).toMatchObject({ TTS_URL: 'http://tts:8880', PATH: '/bin' })
  })

  it('lists the sites as Caddy wants them, IPv6 in brackets', () => {
    const env = environmentOf({ GATEKEEPER_SITE: 'ai.lan 192.168.1.2,::1' })
    expect(env['GATEKEEPER_SITE']).toBe('ai.lan, 192.168.1.2, [::1]')
    expect(env['GATEKEEPER_DEFAULT_SNI']).toBe('192.168.1.2')
  })

  it('uses public certificates as soon as one site can have one', () => {
    expect(environmentOf({ GATEKEEPER_SITE: 'localhost' })['GATEKEEPER_TLS']).toBe('tls internal')
    expect(environmentOf({ GATEKEEPER_SITE: 'localhost, ai.example.com' })['GATEKEEPER_TLS']).toBe(
      '',
    )
  })

  it('listens for plain HTTP on PORT where a platform ends TLS, and only there', () => {
    const platform = { GATEKEEPER_TLS: 'platform', GATEKEEPER_TRUSTED_PROXIES: '10.0.0.0/8' }
    expect(environmentOf({ ...platform, PORT: '3000' })).toMatchObject({
      ...{ GATEKEEPER_BIND: '0.0.0.0', GATEKEEPER_HTTP_PORT: '3000', GATEKEEPER_SITE: 'http://' },
      ...{ GATEKEEPER_HTTPS_PORT: '443', GATEKEEPER_TLS: '' },
    })
    expect(environmentOf({ PORT: '3000' })).toMatchObject({
      ...{ GATEKEEPER_BIND: '127.0.0.1', GATEKEEPER_HTTP_PORT: '8080' },
    })
  })

  it('asks for a log for people only on a terminal', () => {
    expect(environmentOf({}, true)['GATEKEEPER_LOG_FORMAT']).toBe('console')
  })

  it.each([
    ...'localhost box BOX ai.local ai.LAN gk.internal a.home.arpa x.localhost ai.home a.test'
      .split(' ')
      .map((site) => ({ site, expected: true })),
    ...['10.0.0.1', '::1', '*.home.lan'].map((site) => ({ site, expected: true })),
    ...['ai.example.com', 'mylocalhost.com', 'internal.org', '*.example.com'].map((site) => ({
      site,
      expected: false,
    })),
  ])('$site is internal: $expected', ({ site, expected }) => {
    expect(isInternalName(site)).toBe(expected)
  })
})
