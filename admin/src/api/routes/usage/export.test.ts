import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { fillUsage } from '../../../../../gatekeeper/test/support/fill-usage.ts'
import { exportRequests } from './export.ts'

let stateDir = ''
const endAt = Date.UTC(2026, 10, 30)
beforeAll(async () => {
  stateDir = mkdtempSync(join(tmpdir(), 'gk export '))
  await fillUsage(stateDir, { lines: 3_000, endAt, days: 3 })
})
afterAll(() => rmSync(stateDir, { recursive: true, force: true }))

const question = () => ({ stateDir, callers: null, filter: {}, sinceAt: 0, untilAt: endAt + 1 })

test('an export reads a block when the last one was taken, and no more once nobody waits', async () => {
  const left = new AbortController()
  let chunks = 0
  for await (const _ of exportRequests(question(), left.signal)) {
    if (++chunks === 3) left.abort()
  }
  // The heading, two blocks, and nothing of the four that are left.
  expect(chunks).toBe(3)
})

test('an export of everything has each line once', async () => {
  const texts: string[] = []
  for await (const text of exportRequests(question(), new AbortController().signal)) {
    texts.push(text)
  }
  const ids = texts.join('').match(/request-\d+/g) ?? []
  expect([ids.length, new Set(ids).size]).toEqual([3_000, 3_000])
})
