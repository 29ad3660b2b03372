/** Commands that only take rights away, where the audit cannot be written. */
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { keyFileText, makeKey } from '../../gatekeeper/test/support/keys.ts'
import { runKeys } from '../test/run-keys.ts'

const key = makeKey({ services: ['ollama'] })
let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'keys-ending-'))
  const ollama = 'ollama: {kind: ollama, routes: [{prefix: /api}]}'
  await writeFile(join(folder, 'gatekeeper.yaml'), `version: 1\nservices:\n  ${ollama}\n`)
  await mkdir(join(folder, 'keys'))
  await writeFile(join(folder, 'keys/keys.json'), keyFileText([key]))
  const people = {
    owner00001: { name: 'olga', role: 'owner' },
    member0001: { name: 'mia', role: 'member' },
  }
  await writeFile(join(folder, 'keys/people.json'), JSON.stringify({ version: 1, people }))
  // A file stands where the folder was: nobody can write there, root neither.
  await mkdir(join(folder, 'state'))
  await writeFile(join(folder, 'state/audit'), '')
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const read = async (name: string) => JSON.parse(await readFile(join(folder, 'keys', name), 'utf8'))

async function acts(): Promise<string> {
  const audit = join(folder, 'state/audit')
  const names = (await readdir(audit)).filter((name) => name.endsWith('.jsonl'))
  return (await Promise.all(names.map((name) => readFile(join(audit, name), 'utf8')))).join('')
}

test('disabling is done, and the next command records it late', async () => {
  const disabled = await runKeys(folder, ['disable', key.id])
  expect(disabled).toMatchObject({ code: 0, out: expect.stringContaining('the record follows') })
  const person = await runKeys(folder, ['disable', 'mia', '--yes'], { program: 'people' })
  expect(person).toMatchObject({ code: 0, out: expect.stringContaining('the record follows') })
  expect((await read('keys.json')).keys[key.id].disabled).toBe(true)
  expect((await read('people.json')).people.member0001.disabled).toBe(true)
  const enabled = await runKeys(folder, ['enable', key.id])
  expect(enabled).toMatchObject({ code: expect.any(Number), err: expect.stringContaining('audit') })
  expect(enabled.code).not.toBe(0)
  await rename(join(folder, 'state/audit'), join(folder, 'away'))
  expect((await runKeys(folder, ['enable', key.id])).code).toBe(0)
  const text = await acts()
  expect(text.match(/"late":true/g)).toHaveLength(2)
  expect(text).toMatch(/key\.disabled[\s\S]*person\.disabled[\s\S]*key\.enabled/)
})

test('removing a key is done', async () => {
  expect((await runKeys(folder, ['remove', key.id])).code).toBe(0)
  expect((await read('keys.json')).keys).toEqual({})
})
