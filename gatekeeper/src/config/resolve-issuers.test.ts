import { describe, expect, test } from 'vitest'
import { makeCertificate } from '../../test/support/certificate.ts'
import { readGatewayFile } from './gateway-file.ts'
import { readSettings } from './read-settings.ts'

const { cert: ca } = makeCertificate({ isAuthority: true })
const files: Record<string, string> = { '/srv/gate/ca.pem': ca, '/srv/gate/empty.pem': '' }
const readFile = (path: string) => {
  const text = files[path]
  if (text === undefined) throw Object.assign(new Error(`no ${path}`), { code: 'ENOENT' })
  return text
}

/** The file with one issuer, which has these members and the usual ones. */
function read(members: Record<string, string>) {
  const all = {
    issuer: 'https://login.example/t',
    audience: 'gate',
    algorithms: '[RS256]',
    keys: '{discovery: true}',
    rules: '[{role: readwrite, services: [ollama]}]',
    ...members,
  }
  const entry = Object.entries(all).map(([name, value]) => `${name}: ${value}`)
  const text = `version: 1
services: {ollama: {kind: ollama, routes: [{prefix: /api}]}}
issuers:
  - ${entry.join('\n    ')}
`
  const { settings } = readSettings({ env: {}, folder: '/srv/gate', platform: 'linux', readFile })
  return readGatewayFile(text, '/srv/gate/gatekeeper.yaml', { settings, readFile })
}
const whatOf = (members: Record<string, string>) => read(members).problems.map(({ what }) => what)

describe('the address of the keys of an issuer', () => {
  test.each([
    'https://login.example/t/discovery/v2.0/keys?appid=1',
    'https://login.example/keys',
    'http://127.0.0.1:9000/keys?a=b&c=d',
    'http://[::1]:9000/keys',
  ])('%s is accepted, with its query', (url) => {
    const { issuers, problems } = read({ keys: `{url: "${url}"}` })
    expect(problems).toEqual([])
    expect(issuers[0]?.keys).toEqual({ url })
  })

  test.each([
    ['http://login.example/keys', /must be an https address/],
    ['http://localhost.example/keys?x=1', /must be an https address/],
    ['https://user:secret@login.example/keys', /must be an https address/],
    ['ftp://login.example/keys', /must be an https address/],
    ['file:///etc/passwd', /must be an https address/],
    ['keys.json', /must be an https address/],
    ['https://login.example/keys#x', /must be without a fragment/],
  ])('%s is refused, and the problem says why', (url, what) => {
    expect(whatOf({ keys: `{url: "${url}"}` })).toEqual([expect.stringMatching(what)])
    expect(whatOf({ keys: `{url: "${url}"}` }).join()).not.toContain('secret')
  })

  test('another form is refused, and the problem names the three valid ones', () => {
    for (const keys of ['{jwks_uri: "https://a.example"}', 'https://a.example/keys', '[]']) {
      expect(whatOf({ keys })).toEqual([
        expect.stringMatching(/must be one of \{discovery: true\}/),
      ])
    }
  })
})

describe('the name of an issuer', () => {
  test.each([
    ['"https://login.example/?x=1"', /must be without a query/],
    ['"https://login.example/#x"', /must be without a query/],
    ['"http://login.example/"', /must be an https address/],
  ])('%s is refused, and the problem says why', (issuer, what) => {
    expect(whatOf({ issuer })).toEqual([expect.stringMatching(what)])
  })
})

test('audience is compared with aud unless the entry names another claim', () => {
  expect(read({}).issuers[0]).toMatchObject({ audienceClaim: 'aud', userClaim: 'sub' })
  const { issuers } = read({ audienceClaim: 'client_id' })
  expect(issuers[0]).toMatchObject({ audienceClaim: 'client_id', audience: ['gate'] })
  expect(whatOf({ audienceClaim: '""' })).toHaveLength(1)
})

describe('the authority of an issuer', () => {
  test('is read from a file next to gatekeeper.yaml', () => {
    const { issuers, problems } = read({ tls: '{ca: ca.pem}' })
    expect(problems).toEqual([])
    expect(issuers[0]?.ca).toBe(ca)
    expect(issuers[0]).not.toHaveProperty('tls')
  })

  test.each([
    [{ tls: '{ca: none.pem}' }, /none\.pem cannot be read \(ENOENT\)/],
    [{ tls: '{ca: empty.pem}' }, /empty\.pem is empty/],
    [{ tls: '{ca: ca.pem}', keys: '{file: a.json}' }, /keys are not fetched over https/],
    [
      { tls: '{ca: ca.pem}', keys: '{url: "http://localhost/k"}' },
      /keys are not fetched over https/,
    ],
    [{ tls: 'ca.pem' }, /must name a file: tls: \{ca: certs\/ca\.pem\}/],
  ] as [Record<string, string>, RegExp][])(
    'that means nothing is a problem: %j',
    (members, what) => {
      expect(whatOf(members)).toEqual([expect.stringMatching(what)])
    },
  )
})

test('no rule for claims can grant administration', () => {
  const rules = '[{role: admin, services: [control]}]'
  expect(whatOf({ rules })).toEqual([expect.stringMatching(/there is no service "control"/)])
  expect(whatOf({ rules: '[{role: admin, services: ["*"]}]' })).toEqual([])
})
