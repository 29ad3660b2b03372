import { describe, expect, test } from 'vitest'
import { readGatewayFile } from '../../config/gateway-file.ts'
import { loadGateway } from '../../config/load-gateway.ts'
import { readPriceFile } from '../../config/price-file.ts'
import { readSettings } from '../../config/read-settings.ts'
import { parseClientFile } from '../../oauth/client-file.ts'
import { decodeText } from '../files/text-file.ts'

const { settings } = readSettings({
  ...{ env: {}, folder: '/clone', platform: 'linux' },
  readFile: () => '',
})
const read = (text: string) =>
  readGatewayFile(text, 'gatekeeper.yaml', { settings, readFile: () => '' }).problems
const base = 'version: 1\nservices: {ollama: {kind: ollama, routes: [{prefix: /api}]}}\n'
const issuer = (member: string) =>
  `${base}issuers: [{issuer: "https://a.b", audience: gate, algorithms: [RS256], rules: [{role: readonly}], keys: {discovery: true}, ${member}}]`

describe('a problem of gatekeeper.yaml says what is allowed, with an example', () => {
  test.each([
    [`${base}limits: 60/min`, 'limits: must be a list, such as [60/min, 200k-tokens/day]'],
    [
      'version: 1\nservices: ollama',
      'services: must be a mapping of names to values, such as {ollama: ',
    ],
    [issuer('types: at+jwt'), 'types: must be a list, such as [a'],
    [`${base}timeZone: 3`, 'timeZone: must be a text'],
    [`${base}capOutput: "yes"`, 'capOutput: must be true or false, without quotes'],
    [`${base}usage: {retainDays: 0}`, 'usage.retainDays: must be at least 1'],
    [`${base}audit: {allowed: al}`, 'must be one of all, sampled, none (did you mean all?)'],
    [`${base}limitz: []`, 'the file has an unknown member "limitz" (did you mean limits?)'],
    ['version: 1\nservices: {a: {kind: olama, routes: [{prefix: /a}]}}', '(did you mean ollama?)'],
    [
      'version: 1\nservices: {a: {kind: http}}',
      'services.a.routes: is missing; it is a list, such as [{prefix: /tts',
    ],
    [
      'version: 1\nservices: {a: {kind: ollama, slots: many, routes: [{prefix: /a}]}}',
      'must be a whole number from 1 to 10000, or unlimited',
    ],
  ])('%s', (text, what) => {
    const said = read(text).map((problem) => problem.what)
    expect(said).toEqual([expect.stringContaining(what)])
    expect(said.join()).not.toMatch(/Invalid|expected|received/)
  })

  test('a union lists all of its forms', () => {
    const text = issuer('').replace('{discovery: true}', '{jwks_uri: "https://a.b/k"}')
    expect(read(text.replace(', }', '}'))[0]?.what).toContain(
      'must be one of {discovery: true}, {url: https://login.example/keys}',
    )
  })

  test('algorithms that are not a list', () => {
    const text = issuer('').replace('[RS256]', 'RS256').replace(', }', '}')
    expect(read(text)[0]?.what).toContain('algorithms: must be a list, such as [RS256]')
  })
})

test('prices and clients have messages of the same form', () => {
  const prices = readPriceFile('m: {inputUsdPerMillion: one}', 'p').problems.map(({ what }) => what)
  expect(prices[0]).toContain('m.inputUsdPerMillion: must be a number')
  const client = { role: 'admn', secrets: [{ sha256: 'x' }], services: 'ollama' }
  const clients = parseClientFile(JSON.stringify({ version: 1, clients: { a: client } }), 'c')
  expect(clients.problems.map(({ what }) => what)).toEqual([
    expect.stringContaining('one of readonly, readwrite, admin (did you mean admin?)'),
    'services: must be a list, such as ["ollama"]',
    expect.stringContaining('must be the SHA-256'),
  ])
})

describe('gatekeeper.yaml', () => {
  const load = (bytes: Buffer) => loadGateway(settings, () => decodeText(bytes)).problems

  test('in UTF-16 is reported as such', () => {
    const [problem] = load(Buffer.from(`\uFEFF${base}`, 'utf16le'))
    expect(problem).toMatchObject({ what: 'is written in UTF-16, not in UTF-8' })
  })

  test('with a byte order mark is read', () => {
    expect(load(Buffer.from(`\uFEFF${base}`))).toEqual([])
  })
})
