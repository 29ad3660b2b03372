import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createRing, type Ring, writeRecipient } from '../gatekeeper/src/vault/ring.ts'

const key = 'sk-proj-typed-0123456789abcdef'
let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gk-vault-'))
  for (const name of ['keys', 'state', 'state/vault']) mkdirSync(join(folder, name))
  const [newest] = createRing([randomBytes(32)]) as Ring
  writeFileSync(join(folder, 'state/vault/public.json'), writeRecipient(newest))
  writeFileSync(join(folder, 'gatekeeper.yaml'), 'version: 1\nservices: {}\n')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

it('set on a terminal asks for the key and shows no letter of it, however soon it is typed', async () => {
  const script = resolve(import.meta.dirname, 'vault.ts')
  const terminal = resolve(import.meta.dirname, 'test/on-terminal.py')
  const words = [terminal, process.execPath, script, 'set', 'openai']
  const child = spawn('python3', words, {
    env: {
      PATH: process.env['PATH'],
      GATEKEEPER_KEYS_DIR: join(folder, 'keys'),
      GATEKEEPER_STATE_DIR: join(folder, 'state'),
      GATEKEEPER_CONFIG: join(folder, 'gatekeeper.yaml'),
    },
  })
  let shown = ''
  child.stdin.on('error', () => {})
  child.stdout.on('data', (chunk: Buffer) => {
    const before = shown
    shown += chunk.toString()
    // Pasted as soon as the question is there.
    if (!before.includes('Key of openai:') && shown.includes('Key of openai:')) {
      child.stdin.write(`${key}\r`)
    }
  })
  const code = await new Promise((ended) => child.on('close', ended))
  expect([code, shown]).toEqual([0, expect.stringContaining('sk-…cdef')])
  expect(shown).not.toContain(key.slice(0, 8))
  expect(readFileSync(join(folder, 'keys/providers.json'), 'utf8')).not.toContain('typed')
})
