import { cp, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { runKeys } from '../test/run-keys.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gk review '))
  await mkdir(join(folder, 'keys'))
  await cp(resolve(import.meta.dirname, '../../gatekeeper.yaml'), join(folder, 'gatekeeper.yaml'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const acts = () => readFile(join(folder, 'state/audit/acts-000001.jsonl'), 'utf8')

it('lists every key and client with its rights; --done records it, and who did it', async () => {
  const words = ['-u', 'ada', '-s', 'ollama', '--limit', '60/min', '--tag', 'env=prod']
  const made = await runKeys(folder, ['add', ...words, '--model', 'llama3.2:*', '--json'])
  const { id } = JSON.parse(made.out) as { id: string }
  await runKeys(folder, ['client', 'add', 'ci-runner', '--service', 'tts'])
  const shown = await runKeys(folder, ['review'])
  expect(shown.out).toContain('Last review: never')
  expect(shown.out).toMatch(
    new RegExp(
      `^${id} +ada +readwrite +ollama +llama3.2:\\* +active +never +never +60/min +env=prod`,
      'm',
    ),
  )
  expect(shown.out).toMatch(/^client:ci-runner +readwrite +tts +any +active +never +never$/m)
  expect(await acts()).not.toContain('review.done')
  const done = await runKeys(folder, ['review', '--done'])
  expect(done).toMatchObject({ code: 0, out: 'Recorded: 1 keys and 1 clients were reviewed.\n' })
  expect(await acts()).toMatch(/"event":"review.done","keys":1,"clients":1,"by":\{"user":/)
  const { out } = await runKeys(folder, ['review', '--json'])
  expect(JSON.parse(out)).toMatchObject({
    ...{ done: false, lastReview: { at: expect.stringMatching(/^20/) } },
    keys: [{ id, models: ['llama3.2:*'], lastUsedAt: null }],
    clients: [{ id: 'ci-runner', services: ['tts'], lastUsedAt: null }],
  })
  expect(out).not.toContain('sha256')
})
