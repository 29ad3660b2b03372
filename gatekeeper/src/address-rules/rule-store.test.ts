import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ProblemsError } from '../lib/problem.ts'
import { parseRuleFile } from './rule-file.ts'
import { openRuleStore, type RuleStore } from './rule-store.ts'

let folder: string
let file: string
const opened: RuleStore[] = []

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gk-rules-'))
  file = join(folder, 'rules.json')
})
afterEach(async () => {
  for (const store of opened.splice(0)) store.close()
  await rm(folder, { recursive: true, force: true })
})

const deny = (ip: string) => ({ ip, type: 'deny' })
const write = (rules: object) => writeFile(file, JSON.stringify({ version: 1, rules }))

async function open(changes: object[] = []): Promise<RuleStore> {
  const log = { info: () => {}, error: () => {} }
  const store = await openRuleStore({ file, log, onChange: (change) => changes.push(change) })
  opened.push(store)
  return store
}
const isRefused = (store: RuleStore, address: string) =>
  store.current().findRefusing(address) !== null

test('without a file there are no rules, and one that appears is in force', async () => {
  const changes: object[] = []
  const store = await open(changes)
  expect(isRefused(store, '10.0.0.1')).toBe(false)
  await write({ a: deny('10.0.0.0/8') })
  await store.reload()
  expect(isRefused(store, '10.0.0.1')).toBe(true)
  expect(changes).toEqual([{ added: ['a'], removed: [] }])
  await write({})
  await store.reload()
  expect(isRefused(store, '10.0.0.1')).toBe(false)
})

describe('a broken file', () => {
  const broken = [
    ['half a document', '{"version": 1, "rules": {'],
    [
      'an unknown member',
      '{"version":1,"rules":{"a":{"ip":"10.0.0.1","type":"deny","until":"x"}}}',
    ],
    ['another version', '{"version":2,"rules":{}}'],
    ['an address that is not one', '{"version":1,"rules":{"a":{"ip":"10.0.0","type":"deny"}}}'],
    [
      'a rule twice',
      '{"version":1,"rules":{"a":{"ip":"1.1.1.1","type":"deny"},"a":{"ip":"2.2.2.2","type":"deny"}}}',
    ],
    ['no JSON', 'deny 10.0.0.1'],
  ] as const

  test.each(broken)('stops the start: %s', async (_, text) => {
    await writeFile(file, text)
    await expect(open()).rejects.toThrow(ProblemsError)
  })

  test.each([...broken, ['nothing at all', null] as const])(
    'leaves the last good rules in force later: %s',
    async (_, text) => {
      await write({ a: deny('10.0.0.0/8') })
      const store = await open()
      if (text === null) await rm(file)
      else await writeFile(file, text)
      await store.reload()
      expect(isRefused(store, '10.0.0.1')).toBe(true)
      expect(store.problems()).not.toEqual([])
      await write({ a: deny('11.0.0.0/8') })
      await store.reload()
      expect(isRefused(store, '10.0.0.1')).toBe(false)
      expect(store.problems()).toEqual([])
    },
  )
})

test('every problem has its place, and no value is repeated', () => {
  const text = `{"version": 1, "rules": {
  "a": {"ip": "gk_secret", "type": "deny"},
  "b": {"ip": "10.0.0.1", "type": "refuse"}
}}`
  const { rules, problems } = parseRuleFile(text, 'rules.json')
  expect(rules).toEqual([])
  expect(problems.map(({ line }) => line)).toEqual([2, 3])
  expect(JSON.stringify(problems)).not.toContain('gk_secret')
})
