import { describe, expect, it } from 'vitest'
import { readSettings } from './read-settings.ts'

function read(env: Readonly<Record<string, string>>) {
  const readFile = () => ''
  return readSettings({ env, folder: '/srv/gate', platform: 'linux', readFile })
}

const platform = { GATEKEEPER_TLS: 'platform', GATEKEEPER_TRUSTED_PROXIES: '10.0.0.0/8' }

describe('GATEKEEPER_TLS=platform', () => {
  it('listens on every address at PORT, and clients call port 443', () => {
    const { settings, problems } = read({ ...platform, PORT: '10000' })
    expect(problems).toEqual([])
    expect(settings).toMatchObject({
      ...{ bind: '0.0.0.0', httpPort: 10000, httpsPort: 443 },
      platform: { port: 10000, trustedProxies: ['10.0.0.0/8'], addressField: 'X-Forwarded-For' },
    })
  })

  it('takes GATEKEEPER_HTTP_PORT where the platform sets no PORT', () => {
    expect(read(platform).settings.httpPort).toBe(8080)
    expect(read({ ...platform, GATEKEEPER_HTTP_PORT: '9000' }).settings.httpPort).toBe(9000)
  })

  it('has no console unless it is switched on', () => {
    const off = { adminListen: null, consoleListen: null }
    expect(read(platform).settings).toMatchObject(off)
    const { settings, problems } = read({ ...platform, GATEKEEPER_CONSOLE: 'on' })
    expect(problems).toEqual([])
    expect(settings.consoleListen).not.toBeNull()
    expect(read({}).settings.consoleListen).not.toBeNull()
  })

  it('accepts several ranges, and the name of another field', () => {
    const { settings, problems } = read({
      ...platform,
      GATEKEEPER_TRUSTED_PROXIES: '10.0.0.0/8, 2001:db8::/32 192.0.2.7',
      GATEKEEPER_CLIENT_ADDRESS_FIELD: 'Fly-Client-IP',
    })
    expect(problems).toEqual([])
    expect(settings.platform).toMatchObject({
      ...{ trustedProxies: ['10.0.0.0/8', '2001:db8::/32', '192.0.2.7'] },
      addressField: 'Fly-Client-IP',
    })
  })

  it.each<[string, Record<string, string>, string, RegExp]>([
    ['no ranges', { GATEKEEPER_TRUSTED_PROXIES: '' }, 'GATEKEEPER_TRUSTED_PROXIES', /is not set/],
    ...['0.0.0.0/0', '::/0', '0.0.0.0/1', '2000::/3'].map(
      (range): [string, Record<string, string>, string, RegExp] => [
        ...([range, { GATEKEEPER_TRUSTED_PROXIES: `10.0.0.0/8,${range}` }] as const),
        ...(['GATEKEEPER_TRUSTED_PROXIES', /every client could choose its own address/] as const),
      ],
    ),
    ...['10.0.0.0/33', 'private_ranges', '10.0.0.0/8}', 'proxy.example'].map(
      (range): [string, Record<string, string>, string, RegExp] => [
        ...([range, { GATEKEEPER_TRUSTED_PROXIES: range }] as const),
        ...(['GATEKEEPER_TRUSTED_PROXIES', /not an address range/] as const),
      ],
    ),
    [
      'two fields',
      { GATEKEEPER_CLIENT_ADDRESS_FIELD: 'X-A X-B' },
      ...(['GATEKEEPER_CLIENT_ADDRESS_FIELD', /not the name of a field/] as const),
    ],
    ['a port that is not one', { PORT: '99999' }, 'PORT', /not a port number/],
    ['another mode', { GATEKEEPER_TLS: 'off' }, 'GATEKEEPER_TLS', /is "off"/],
    ['a word that nobody documents', { GATEKEEPER_TLS: 'own' }, 'GATEKEEPER_TLS', /is "own"/],
  ])('is refused with %s', (_, env, source, what) => {
    expect(read({ ...platform, ...env }).problems).toContainEqual({
      ...{ source, what: expect.stringMatching(what), remedy: expect.any(String) },
    })
  })
})

describe('without it', () => {
  it('PORT is not read', () => {
    const { settings, problems } = read({ PORT: 'x' })
    expect(problems).toEqual([])
    expect(settings).toMatchObject({ httpPort: 8080, bind: '127.0.0.1', platform: null })
  })

  it.each(['GATEKEEPER_TRUSTED_PROXIES', 'GATEKEEPER_CLIENT_ADDRESS_FIELD'])(
    '%s is a problem, since it would have no effect',
    (name) => {
      const [problem] = read({ [name]: '10.0.0.0/8' }).problems
      expect(problem).toMatchObject({
        source: name,
        remedy: expect.stringContaining('trusted_proxies'),
      })
    },
  )
})
