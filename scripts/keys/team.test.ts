import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { addPerson } from '../../gatekeeper/src/operations/people/people-writer.ts'
import { runKeys } from '../test/run-keys.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gk team '))
  mkdirSync(join(folder, 'keys'))
  const ollama = 'ollama: {kind: ollama, routes: [{prefix: /api}]}'
  writeFileSync(join(folder, 'gatekeeper.yaml'), `version: 1\nservices:\n  ${ollama}\n`)
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const keys = (...words: string[]) =>
  runKeys(folder, words, { env: { GATEKEEPER_STATE_DIR: folder } })
const json = async (...words: string[]) => JSON.parse((await keys(...words, '--json')).out)
const add = ['add', '--user', 'ada', '--service', 'ollama']

it('keys and clients name their team, and lists show it only where there is one', async () => {
  await keys(...add)
  expect((await keys('list')).out).not.toContain('TEAM')
  expect((await json(...add, '--team', 'red')).team).toBe('red')
  expect((await keys('list')).out).toMatch(/TEAM[\s\S]*red/)
  expect(await json('list', '--team', 'red')).toMatchObject([{ team: 'red' }])
  expect((await json('client', 'add', 'ci', '--service', 'ollama', '--team', 'red')).team).toBe(
    'red',
  )
  expect(await json('client', 'list')).toMatchObject([{ id: 'ci', team: 'red' }])
  const wrong = await keys(...add, '--team', 'Red Team')
  expect([wrong.code, wrong.err]).toEqual([64, expect.stringContaining('--team must be 1 to 32')])
})

it('a key that somebody of a team makes is of the team', async () => {
  const person = { name: 'bob', title: null, team: 'red', role: 'member', access: null } as const
  const file = join(folder, 'keys/people.json')
  await addPerson(file, person, { clock: Date.now, record: async () => {} })
  expect((await json(...add, '--made-by', 'bob')).team).toBe('red')
})
