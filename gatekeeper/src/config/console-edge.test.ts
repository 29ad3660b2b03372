import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { consoleEdgeFile, loadConsoleEdge } from './console-edge.ts'
import { loadFrontSecrets } from './front-secrets.ts'

let stateDir = ''
beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), 'console-edge-'))
})
afterEach(() => rmSync(stateDir, { recursive: true, force: true }))

test('the console has a secret of its own, which this user alone can read', () => {
  const { edge, proof } = loadFrontSecrets(stateDir)
  const own = loadConsoleEdge(stateDir)
  expect(own).toMatch(/^[0-9a-f]{64}$/)
  expect([edge, proof]).not.toContain(own)
  expect(statSync(consoleEdgeFile(stateDir)).mode & 0o777).toBe(0o600)
  expect(statSync(join(stateDir, 'console')).mode & 0o777).toBe(0o700)
})

test('its folder has none of the other secrets, and their file not this one', () => {
  const { edge, proof } = loadFrontSecrets(stateDir)
  const own = loadConsoleEdge(stateDir)
  const text = readFileSync(consoleEdgeFile(stateDir), 'utf8')
  expect([text.includes(edge), text.includes(proof)]).toEqual([false, false])
  expect(readFileSync(join(stateDir, 'front-secrets.json'), 'utf8')).not.toContain(own)
})

test('it stays over starts, and Caddy reads it from a snippet', () => {
  loadFrontSecrets(stateDir)
  const own = loadConsoleEdge(stateDir)
  loadFrontSecrets(stateDir)
  expect(loadConsoleEdge(stateDir)).toBe(own)
  expect(readFileSync(join(stateDir, 'caddy', 'secrets.caddy'), 'utf8')).toContain(
    `(console_edge) {\n\theader_up X-Gatekeeper-Edge ${own}\n}`,
  )
})

test.each(['', '{}', '{"edge":""}', '{"edge":"0000"}', 'secret-word'])(
  'a file without a whole secret ends the start, and is not quoted: %j',
  (text) => {
    loadConsoleEdge(stateDir)
    writeFileSync(consoleEdgeFile(stateDir), text)
    expect(() => loadConsoleEdge(stateDir)).toThrow(/edge\.json does not contain the secret/)
    expect(() => loadConsoleEdge(stateDir)).not.toThrow(/secret-word/)
  },
)
