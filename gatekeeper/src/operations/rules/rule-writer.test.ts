import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { rulesMax } from '../../address-rules/rule-file.ts'
import { ProblemsError } from '../../lib/problem.ts'
import { addRule, type NewRule, type RuleAct, readRules, removeRules } from './rule-writer.ts'

let folder: string
let file: string
let acts: RuleAct[]
const now = Date.UTC(2026, 10, 22)
const deps = {
  clock: () => now,
  record: async (these: readonly RuleAct[]) => void acts.push(...these),
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gk-rules-'))
  file = join(folder, 'rules.json')
  acts = []
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const aRule = (over: Partial<NewRule> = {}): NewRule => ({
  ...{ ip: '203.0.113.9/24', type: 'deny', reason: 'scans', active: true },
  ...{ app: null, user: null, addedBy: 'ada' },
  ...over,
})
const add = (over: Partial<NewRule> = {}) =>
  addRule(file, { wanted: aRule(over), maker: null }, deps)
const makerAt = (address: string, isConfirmed = false) => ({
  ...{ address, isConfirmed, app: null, user: 'ada' },
})

test('an added rule is kept in normal form, with who made it and when', async () => {
  const rule = await add()
  expect(rule).toMatchObject({ ip: '203.0.113.0/24', addedBy: 'ada', createdAt: now })
  expect(await readRules(file)).toEqual([rule])
})

test('every change is on record before it is made', async () => {
  const { id } = await add()
  await removeRules(file, id, deps)
  expect(acts.map(({ event, rules }) => [event, rules[0]?.id])).toEqual([
    ['address_rule.added', id],
    ['address_rule.removed', id],
  ])
  const record = () => Promise.reject(new Error('the disk is full'))
  await expect(
    addRule(file, { wanted: aRule(), maker: null }, { ...deps, record }),
  ).rejects.toThrow()
  expect(await readRules(file)).toEqual([])
})

test('changes at the same time lose no rule', async () => {
  await Promise.all(Array.from({ length: 8 }, (_, at) => add({ ip: `10.0.0.${at}` })))
  expect(await readRules(file)).toHaveLength(8)
})

describe('removing', () => {
  test('by address takes every rule of exactly that range, in any spelling', async () => {
    await add({ ip: '10.0.0.0/8' })
    await add({ ip: '10.0.0.0/8', type: 'allow', user: 'ada' })
    const kept = await add({ ip: '10.0.0.0/9' })
    expect(await removeRules(file, '::ffff:10.9.9.9/104', deps)).toHaveLength(2)
    expect(await readRules(file)).toEqual([kept])
  })

  test.each(['no-such-rule', '10.0.0.1', '__proto__', 'constructor'])(
    '%s, which is not there, is an error and writes nothing',
    async (name) => {
      await add()
      const before = await readFile(file, 'utf8')
      await expect(removeRules(file, name, deps)).rejects.toMatchObject({ code: 'unknown' })
      expect(await readFile(file, 'utf8')).toBe(before)
    },
  )
})

describe('a rule that shuts out whoever makes it', () => {
  test.each([
    { name: 'denies the address', over: { ip: '192.168.1.0/24' } },
    { name: 'denies it as mapped IPv6', over: { ip: '::ffff:192.168.1.7' } },
    { name: 'allows others only', over: { ip: '10.0.0.0/8', type: 'allow' as const } },
    { name: 'denies the user', over: { ip: '0.0.0.0/0', user: 'ada' } },
  ])('$name: is refused until it is confirmed', async ({ over }) => {
    const wanted = aRule(over)
    const make = (isConfirmed: boolean) =>
      addRule(file, { wanted, maker: makerAt('192.168.1.7', isConfirmed) }, deps)
    await expect(make(false)).rejects.toMatchObject({ code: 'lock-out' })
    expect(await readRules(file)).toEqual([])
    expect(acts).toEqual([])
    await make(true)
    expect(await readRules(file)).toHaveLength(1)
  })

  test('a rule about others needs no confirmation', async () => {
    const maker = makerAt('192.168.1.7')
    await addRule(file, { wanted: aRule(), maker }, deps)
    await addRule(file, { wanted: aRule({ ip: '0.0.0.0/0', user: 'eve' }), maker }, deps)
    const inactive = aRule({ ip: '192.168.1.7', active: false })
    await addRule(file, { wanted: inactive, maker }, deps)
    expect(await readRules(file)).toHaveLength(3)
  })
})

test('there are at most 1,000 rules', async () => {
  const { createdAt: _, ...entry } = { ...aRule({ ip: '10.0.0.1' }), createdAt: null }
  const rules = Object.fromEntries(Array.from({ length: rulesMax }, (_, at) => [`r${at}`, entry]))
  await writeFile(file, JSON.stringify({ version: 1, rules }))
  await expect(add()).rejects.toMatchObject({ code: 'full' })
  await writeFile(file, JSON.stringify({ version: 1, rules: { ...rules, more: entry } }))
  await expect(readRules(file)).rejects.toThrow(ProblemsError)
})

test('a document that the service refuses is not written over', async () => {
  await writeFile(file, '{"version": 1, "rules": {"a": {"ip": "10.0.0.0/8", "type": "block"}}}')
  await expect(add()).rejects.toThrow(ProblemsError)
})

test.each(['', '10.0.0.0/33', 'localhost', '10.0.0.1:80'])('%j is not an address', async (ip) => {
  await expect(add({ ip })).rejects.toMatchObject({ code: 'address' })
})
