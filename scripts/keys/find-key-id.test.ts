import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { readSettings } from '../../gatekeeper/src/config/read-settings.ts'
import { openInstallation } from '../../gatekeeper/src/operations/installation.ts'
import { findKeyId } from './find-key-id.ts'

const folder = mkdtempSync(join(tmpdir(), 'explain-key-'))
afterAll(() => rmSync(folder, { recursive: true }))
const { settings } = readSettings({
  env: { GATEKEEPER_KEYS_DIR: folder, API_KEYS_FILE: join(folder, 'plain.json') },
  ...{ folder, platform: 'linux', readFile: () => '' },
})
const installation = openInstallation(settings, { clock: () => 1, readText: () => '' })
const key = {
  ...{ user: 'ada', role: 'readwrite', services: ['ollama'] },
  secrets: [{ sha256: 'a'.repeat(64), createdAt: null, expiresAt: null }],
}
writeFileSync(join(folder, 'keys.json'), JSON.stringify({ version: 1, keys: { abcde01234: key } }))
writeFileSync(join(folder, 'plain.json'), '{"an-older-key":{"user":"bob","service":"tts"}}')

test('a user is answered with the ids of that user, and is never explained as an unknown caller', async () => {
  const message = /there is no key "ada"; keys of user "ada":\n {2}abcde01234/
  await expect(findKeyId('ada', installation)).rejects.toThrow(message)
})

test('ids, beginnings of ids and keys of the plain map are found', async () => {
  expect(await findKeyId('abcde', installation)).toBe('abcde01234')
  expect(await findKeyId('plain-bob-tts', installation)).toBe('plain-bob-tts')
})

test('an unknown id is named, with the command that lists them', async () => {
  await expect(findKeyId('zzzzz99999', installation)).rejects.toThrow('npm run keys -- list')
})
