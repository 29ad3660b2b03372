/** What is stored about a user, as a copy and after an erasure; the real files, read byte by byte. */
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { recordActs } from '../gatekeeper/src/audit/acts.ts'
import { appendLine, emptyHead } from '../gatekeeper/src/audit/chain.ts'
import { openChain } from '../gatekeeper/src/audit/chain-writer.ts'
import { systemTimers } from '../gatekeeper/src/lib/timers.ts'
import { type Installation, openInstallation } from '../gatekeeper/src/operations/installation.ts'
import { addKey } from '../gatekeeper/src/operations/keys/key-writer.ts'
import { erasePerson } from '../gatekeeper/src/operations/people/erase-person.ts'
import { exportPerson } from '../gatekeeper/src/operations/people/export-person.ts'
import { addRule } from '../gatekeeper/src/operations/rules/rule-writer.ts'
import { createUser } from '../gatekeeper/src/operations/users/user-writer.ts'
import { addSplitKey } from '../gatekeeper/src/operations/vault/split-key-writer.ts'
import { createSqliteJournal } from '../gatekeeper/src/usage/journal/sqlite/sqlite-journal.ts'
import type { UsageJournal } from '../gatekeeper/src/usage/journal/usage-journal.ts'
import { startChild } from '../gatekeeper/test/support/child.ts'
import { chargeOf, recordOf } from '../gatekeeper/test/support/describe-journal.ts'
import { readChainOf } from '../gatekeeper/test/support/read-chain.ts'
import { readRecords } from '../gatekeeper/test/support/read-records.ts'
import { readSettingsOf, readText } from './settings/read-settings-of.ts'

let folder: string
let journal: UsageJournal | null = null
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gk people '))
  await mkdir(join(folder, 'keys'))
  await mkdir(join(folder, '.gatekeeper'))
  await cp(resolve(import.meta.dirname, '../gatekeeper.yaml'), join(folder, 'gatekeeper.yaml'))
})
afterEach(async () => {
  await journal?.close()
  journal = null
  await rm(folder, { recursive: true, force: true })
})

const stateDir = () => join(folder, '.gatekeeper')
const auditFolder = () => join(stateDir(), 'audit')
const now = Date.parse('2026-11-20T12:00:00Z')

function open(): Installation {
  const { settings, problems } = readSettingsOf(folder, {})
  expect(problems).toEqual([])
  return openInstallation(settings, { clock: () => now, readText })
}

/** Everything that is stored about this user, and about another. */
async function use(user: string, principalId: string): Promise<void> {
  const { file, usersFile, rulesFile, services: known, clock, record } = open()
  const wanted = { user, role: 'readwrite', services: ['ollama'], expiresAt: null } as const
  const description = `laptop of ${user}`
  await addKey(file, { ...wanted, description, tags: [`owner=${user}`] }, { clock, known, record })
  const [app = '', name = ''] = user.split(':')
  if (name !== '') await createUser(usersFile, { user, dailyQuota: 5 }, { clock, record })
  if (name !== '') {
    const rule = { ip: '192.0.2.7', type: 'deny', reason: null, active: true } as const
    const wantedRule = { ...rule, app, user: name, addedBy: null }
    await addRule(rulesFile, { wanted: wantedRule, maker: null }, { clock, record })
  }
  if (name !== '') {
    const sealed = { provider: 'openai', origin: 'https://api.openai.com', team: null, version: 1 }
    const box = { kid: 'a', box: 'AAAA', share: 'AAAA' }
    const wantedKey = { id: 'mine-0001', description: `key of ${user}`, ...sealed, ...box }
    await addSplitKey(open().splitKeysFile, user, wantedKey, { clock, record })
  }
  const chain = openChain(
    {
      ...{ name: 'requests-1', segmentBytesMax: 1e6, totalBytesMax: 1e7, ageMaxMs: null },
      ...{ segmentAgeMaxMs: null, sharedLock: null },
    },
    { folder: auditFolder(), clock, sign: () => Promise.resolve(null) },
  )
  for (let number = 0; number < 3; number++) {
    await chain.record({ event: 'request', outcome: 'allow', principal: principalId, user })
  }
  await chain.close()
  await Promise.all(
    Array.from({ length: 700 }, (_, number) =>
      journal?.record({
        reservationId: null,
        record: recordOf({ at: now + number, principalId, user }),
        charges: [chargeOf(1, { subject: principalId }), chargeOf(1, { subject: `user:${user}` })],
      }),
    ),
  )
}

/** A gatekeeper that goes on writing its journal while the commands work. */
async function startJournal(): Promise<void> {
  journal = createSqliteJournal({
    ...{ folder: stateDir(), retainDays: 400, clock: () => now, timers: systemTimers },
    report: () => {},
  })
  await journal.load()
}

async function filesWith(text: string): Promise<string[]> {
  const found: string[] = []
  for (const name of await readdir(folder, { recursive: true })) {
    const path = join(folder, name)
    if ((await stat(path)).isFile() && (await readFile(path)).includes(text)) found.push(name)
  }
  return found
}

const noWait = { wait: async () => {} }

describe.each([
  ['a user of keys', 'zoe.q@house.example', 'key:abcde01234'],
  ['a user of an app', 'shop:zoe-q', 'app:shop:zoe-q'],
  ['a user of an issuer', 'zoe-q', 'https://idp.example#zoe-q'],
])('the data of %s', (_, user, principal) => {
  it('after an erasure is in no file any more; usage and chains stay whole', async () => {
    await startJournal()
    await use(user, principal)
    await use('bob', 'key:zzzzz01234')
    expect((await filesWith(user)).length).toBeGreaterThan(2)
    const erased = await erasePerson(user, open(), noWait)
    expect(erased).toMatchObject({ keys: [expect.any(String)], usage: 700, left: [] })
    expect(erased.oldRecords).toEqual({ requests: 0, until: null, acts: 0 })
    await journal?.close()
    journal = null
    expect(await filesWith(user)).toEqual([])
    expect(await filesWith('zoe')).toEqual([])
    const records = await readRecords(join(stateDir(), 'usage.db'))
    expect(records.filter((record) => record.user === erased.reference)).toHaveLength(700)
    expect(records.filter((record) => record.user === 'bob')).toHaveLength(700)
    for (const chain of ['acts', 'requests-1']) {
      expect(readChainOf(auditFolder(), chain).faults).toEqual([])
    }
    expect(readChainOf(auditFolder(), 'acts').records.map(({ event }) => event)).toContain(
      'data.erased',
    )
    const shown = readChainOf(auditFolder(), 'requests-1').records.map((record) => record['user'])
    expect(shown).toEqual([...Array(3).fill(erased.reference), 'bob', 'bob', 'bob'])
    // Nobody is left to erase.
    await expect(erasePerson(user, open(), noWait)).rejects.toThrow('nothing is stored')
    expect((await readFile(join(folder, 'keys/keys.json'), 'utf8')).includes('bob')).toBe(true)
  })

  it('as a copy is one JSON document with all of it, and nothing of others', async () => {
    await startJournal()
    await use(user, principal)
    await use('bob', 'key:zzzzz01234')
    const lines: string[] = []
    for await (const line of exportPerson(user, open())) lines.push(line)
    const document = JSON.parse(lines.join('\n'))
    expect(document).toMatchObject({
      ...{ version: 1, name: user, exportedAt: '2026-11-20T12:00:00.000Z' },
      keys: [{ user, description: `laptop of ${user}` }],
      appUser: user.includes(':') ? { dailyQuota: 5 } : null,
      splitKeys: user.includes(':') ? [{ id: 'mine-0001', description: `key of ${user}` }] : [],
    })
    expect(document.usage).toHaveLength(700)
    expect(document.usage[0]).toMatchObject({ at: '2026-11-20T12:00:00.000Z', user })
    expect(document.audit).toContainEqual(expect.objectContaining({ event: 'key.added' }))
    expect(document.audit).toContainEqual(expect.objectContaining({ event: 'data.exported' }))
    expect(
      document.audit.filter((record: { event: string }) => record.event === 'request'),
    ).toHaveLength(3)
    expect(lines.join()).not.toContain('bob')
    expect(lines.join()).not.toMatch(/sha256|AAAA/)
  })
})

it('names where the name stays: older records, and files that people write', async () => {
  await use('zoe', 'key:abcde01234')
  const fields = { event: 'request', principal: 'key:abcde01234', user: 'old-zoe' }
  const { line } = appendLine(emptyHead, now, fields)
  await writeFile(join(auditFolder(), 'requests-2-000001.jsonl'), `${line}\n`)
  const act = appendLine(emptyHead, now, { event: 'key.added', key: 'x', owner: 'old-zoe' })
  await rm(join(auditFolder(), 'acts-000001.jsonl'))
  await writeFile(join(auditFolder(), 'acts-000001.jsonl'), `${act.line}\n`)
  const yaml = join(folder, 'gatekeeper.yaml')
  await writeFile(yaml, `${await readFile(yaml, 'utf8')}\nusers: {old-zoe: {limits: [60/min]}}\n`)
  const erased = await erasePerson('old-zoe', open(), noWait)
  expect(erased.oldRecords).toEqual({ requests: 1, until: '2027-02-19', acts: 1 })
  expect(erased.left).toEqual([`${yaml} has limits of this user (users)`])
})

it('leaves the address rules of a user of an app who has the name of a user of keys', async () => {
  await use('shop:zoe', 'app:shop:zoe')
  await use('zoe', 'key:abcde01234')
  const rules = await readFile(join(folder, 'keys/rules.json'), 'utf8')
  expect(await erasePerson('zoe', open(), noWait)).toMatchObject({ addressRules: 0 })
  expect(await readFile(join(folder, 'keys/rules.json'), 'utf8')).toBe(rules)
  expect(await erasePerson('shop:zoe', open(), noWait)).toMatchObject({ addressRules: 1 })
})

it('an erasure that cannot be recorded changes nothing', async () => {
  await use('zoe', 'key:abcde01234')
  const before = await readFile(join(folder, 'keys/keys.json'), 'utf8')
  const record = () => Promise.reject(new Error('no space'))
  await expect(erasePerson('zoe', { ...open(), record }, noWait)).rejects.toThrow('no space')
  expect(await readFile(join(folder, 'keys/keys.json'), 'utf8')).toBe(before)
})

it('the command writes a copy for its owner alone, erases, and then knows nobody', async () => {
  await recordActs(auditFolder(), [{ event: 'key.added', owner: 'zoe' }], { clock: () => now })
  const run = async (...words: string[]) => {
    const child = startChild(
      process.execPath,
      [resolve(import.meta.dirname, 'people.ts'), ...words],
      {
        ...{ PATH: process.env['PATH'], INIT_CWD: folder, GATEKEEPER_STATE_DIR: stateDir() },
        GATEKEEPER_KEYS_DIR: join(folder, 'keys'),
        GATEKEEPER_CONFIG: join(folder, 'gatekeeper.yaml'),
      },
    )
    const code = await new Promise((ended) => child.process.once('close', ended))
    return { code, said: child.output() }
  }
  expect(JSON.parse((await run('export', 'zoe')).said)).toMatchObject({ name: 'zoe', keys: [] })
  expect(await run('export', 'zoe', '--output', 'zoe.json')).toEqual({ code: 0, said: '' })
  expect((await stat(join(folder, 'zoe.json'))).mode & 0o777).toBe(0o600)
  const { code, said } = await run('erase', 'zoe')
  expect([code, said]).toEqual([
    0,
    expect.stringMatching(/^Erased\. .* subject:[\w-]{16} from now/),
  ])
  expect(await run('erase', 'zoe')).toMatchObject({ code: 1 })
  // A word that names nobody must not be stored by asking for it.
  expect(await run('export', 'nobody')).toMatchObject({ code: 1 })
  expect(await filesWith('nobody')).toEqual([])
  expect(await run('erase')).toMatchObject({ code: 64 })
})
