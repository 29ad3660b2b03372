import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { loadFrontSecrets } from './front-secrets.ts'

let folder = ''
let stateDir = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'front-secrets-'))
  stateDir = join(folder, 'state')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const file = () => join(stateDir, 'front-secrets.json')
const snippet = () => join(stateDir, 'caddy', 'secrets.caddy')
const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8)

describe('the first start', () => {
  test('makes two different secrets of 256 bits', () => {
    const { edge, proof } = loadFrontSecrets(stateDir)
    expect(edge).toMatch(/^[0-9a-f]{64}$/)
    expect(proof).toMatch(/^[0-9a-f]{64}$/)
    expect(edge).not.toBe(proof)
  })

  test('makes them readable for this user only', () => {
    loadFrontSecrets(stateDir)
    expect([modeOf(file()), modeOf(snippet())]).toEqual(['600', '600'])
    expect([modeOf(stateDir), modeOf(join(stateDir, 'caddy'))]).toEqual(['700', '700'])
  })

  test('leaves no temporary file behind', () => {
    loadFrontSecrets(stateDir)
    expect(readdirSync(stateDir).sort()).toEqual(['caddy', 'console', 'front-secrets.json'])
    expect(readdirSync(join(stateDir, 'caddy'))).toEqual(['secrets.caddy'])
  })

  test('makes different secrets than any other first start', () => {
    const first = loadFrontSecrets(stateDir)
    const other = loadFrontSecrets(join(folder, 'other'))
    expect(new Set([first.edge, first.proof, other.edge, other.proof]).size).toBe(4)
  })
})

describe('a later start', () => {
  test('keeps the secrets, and writes the snippet again', () => {
    const first = loadFrontSecrets(stateDir)
    writeFileSync(snippet(), 'edited')
    expect(loadFrontSecrets(stateDir)).toEqual(first)
    expect(readFileSync(snippet(), 'utf8')).toContain(first.proof)
  })

  test('restores strict file modes', () => {
    loadFrontSecrets(stateDir)
    chmodSync(file(), 0o644)
    chmodSync(snippet(), 0o644)
    loadFrontSecrets(stateDir)
    expect([modeOf(file()), modeOf(snippet())]).toEqual(['600', '600'])
  })
})

describe('a file that holds something else stops the start, and is not quoted', () => {
  const canary = 'c0ffee'.repeat(11).slice(0, 63)
  const good = 'a'.repeat(64)
  test.each([
    ['nothing', ''],
    ['half a file', `{"edge":"${canary}`],
    ['no JSON', canary],
    ['a list', `["${canary}"]`],
    ['null', 'null'],
    ['a number', '1'],
    ['no secrets', `{"other":"${canary}"}`],
    ['empty secrets', '{"edge":"","proof":""}'],
    ['short secrets', `{"edge":"${canary}","proof":"${good}"}`],
    ['secrets in upper case', `{"edge":"${good.toUpperCase()}","proof":"${good}"}`],
    ['one secret for both', `{"edge":"${good}","proof":"${good}"}`],
    ['one secret only', `{"edge":"${good}"}`],
    ['a list of secrets', `{"edge":["${good}"],"proof":"${'b'.repeat(64)}"}`],
    ['a line break in a secret', `{"edge":"${good}\\n","proof":"${'b'.repeat(64)}"}`],
  ])('%s', (_, text) => {
    mkdirSync(stateDir, { recursive: true })
    writeFileSync(file(), text)
    const load = () => loadFrontSecrets(stateDir)
    expect(load).toThrow(/front-secrets\.json does not contain both secrets/)
    expect(load).not.toThrow(new RegExp(`${canary}|${good}`))
    // The file is not repaired silently, and Caddy gets no snippet of it.
    expect(readFileSync(file(), 'utf8')).toBe(text)
    expect(existsSync(snippet())).toBe(false)
  })
})

test('the snippet gives Caddy the edge to send and the proof to require, and each only there', () => {
  const { edge, proof } = loadFrontSecrets(stateDir)
  const text = readFileSync(snippet(), 'utf8')
  const block = (name: string) =>
    new RegExp(`^\\(${name}\\) \\{\\n([^}]*)\\n\\}$`, 'm').exec(text)?.[1]
  expect(block('edge')).toBe(`\theader_up X-Gatekeeper-Edge ${edge}`)
  expect(block('edge_health')).toBe(`\tX-Gatekeeper-Edge ${edge}`)
  expect(block('proof')).toBe(`\theader X-Gatekeeper-Proof ${proof}`)
  expect(text.split(proof)).toHaveLength(2)
  expect(text.split(edge)).toHaveLength(3)
})

test('a folder that cannot be created is an error, not a start without secrets', () => {
  writeFileSync(join(folder, 'file'), '')
  expect(() => loadFrontSecrets(join(folder, 'file', 'state'))).toThrow()
})
