import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startChild } from '../../../../../gatekeeper/test/support/child.ts'
import { openApi, type TestApi } from '../../../../test/support/open-api.ts'
import { keyEndpoints } from './endpoints.ts'

const program = resolve(
  import.meta.dirname,
  '../../../../../gatekeeper/test/slow/programs/write-keys.ts',
)
/** Each of two operators; a third writer is the command line's own code in another process. */
const each = 333
const byCommand = 334

let api: TestApi
beforeAll(async () => {
  api = await openApi({ rows: keyEndpoints })
})
afterAll(() => api.close())

/** Counts up in the key's description as often as asked, each time from what it has read. */
async function countUp(name: string): Promise<number> {
  const send = api.as(name)
  let conflicts = 0
  for (let made = 0; made < each; ) {
    const { body, etag } = await send('GET /keys/counter000')
    const answer = await send('PATCH /keys/counter000', {
      body: { description: String(Number(body.description) + 1) },
      headers: { 'if-match': etag ?? '' },
    })
    // 503: others held the lock for three seconds, and nothing was written.
    expect([200, 412, 503], answer.text).toContain(answer.status)
    if (answer.status === 200) made++
    else conflicts++
  }
  return conflicts
}

test('of 1,000 writes by two operators and the command line none is lost, and no half file is seen', {
  timeout: 240_000,
}, async () => {
  const { file } = api.installation
  const made = await api.as('olga')('PUT /keys/counter000', {
    body: { user: 'c', services: ['ollama'], description: '0', expiresAt: '2028-01-01T00:00:00Z' },
    headers: { 'if-none-match': '*' },
  })
  expect(made.status).toBe(201)
  const command = startChild(process.execPath, [program, file, 'command', `${byCommand}`], {})
  let isDone = false
  let reads = 0
  const reader = (async () => {
    while (!isDone) {
      // Each text is a whole document.
      JSON.parse(await readFile(file, 'utf8'))
      reads++
      await sleep(2)
    }
  })()
  const conflicts = await Promise.all([countUp('olga'), countUp('adam')])
  while (command.process.exitCode === null) await sleep(20)
  isDone = true
  await reader
  expect(command.process.exitCode, command.output()).toBe(0)
  const { keys } = JSON.parse(await readFile(file, 'utf8'))
  expect(keys.counter000.description).toBe(String(2 * each))
  const added = Object.values(keys).filter(
    (entry) => (entry as { user: string }).user === 'command',
  )
  expect(added).toHaveLength(byCommand)
  expect(reads).toBeGreaterThan(100)
  // The operators met each other, or the test shows nothing.
  expect(conflicts[0] + conflicts[1]).toBeGreaterThan(0)
  expect((await api.as('olga')('GET /keys?q=command')).body.total).toBe(byCommand)
})
