import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readChain, readChainOf } from '../../test/support/read-chain.ts'
import { recordActs } from './acts.ts'
import { type ChainWriter, openChain } from './chain-writer.ts'
import { segmentPath } from './segments.ts'
import { eraseSubjects, parseSubject, type Subject, subjectsFile } from './subject-file.ts'

let folder: string
const opened: ChainWriter[] = []
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gk subjects '))
})
afterEach(async () => {
  await Promise.all(opened.splice(0).map((writer) => writer.close()))
  rmSync(folder, { recursive: true, force: true })
})

function open(name = 'requests-1'): ChainWriter {
  const writer = openChain(
    {
      ...{ name, segmentBytesMax: 1e6, totalBytesMax: 1e7, ageMaxMs: null },
      ...{ segmentAgeMaxMs: null, sharedLock: null },
    },
    { folder, clock: Date.now, sign: () => Promise.resolve(null) },
  )
  opened.push(writer)
  return writer
}

const chainText = (name = 'requests-1') => readFileSync(segmentPath(folder, name, 1), 'utf8')
const subjects = (): Subject[] =>
  readFileSync(subjectsFile(folder), 'utf8')
    .split('\n')
    .flatMap((line) => parseSubject(line) ?? [])
const names = () => subjects().map(({ name }) => name)

describe('a name', () => {
  it.each([
    ['the user of a request', { event: 'request', principal: 'key:abcde01234', user: 'zoë "z"' }],
    ['the owners of a key', { event: 'key.edited', key: 'x', owner: 'zoë', formerOwner: 'zoëe' }],
    ['the system user', { event: 'key.added', by: { user: 'zoë', uid: 0, host: 'h' } }],
    ['a user of an app', { event: 'request', principal: 'app:shop:zoë', user: 'shop:zoë' }],
    [
      'a token of an issuer',
      { event: 'request', principal: 'https://idp.example#zoë', user: 'zoë@idp.example' },
    ],
    ['a subject', { event: 'token.issued', subject: 'app:shop:zoë' }],
    ['a rule', { event: 'address_rule.added', rules: [{ id: 'x', app: null, user: 'shop:zoë' }] }],
  ])('is in no chain, and readers show it: %s', async (_, fields) => {
    await open().record(fields)
    expect(chainText()).not.toMatch(/zo(?:ë|\\u00eb)/)
    expect(chainText()).toMatch(/subject:[\w-]{16}/)
    const { records, faults } = readChainOf(folder, 'requests-1')
    expect([records, faults]).toEqual([[expect.objectContaining(fields)], []])
  })

  it('is stored once for all records and chains, and by the next process again', async () => {
    for (const chain of [open(), open('strangers-1'), open()]) {
      await chain.record({ user: 'ada' })
      await chain.record({ user: 'ada', owner: 'eve' })
    }
    await recordActs(folder, [{ event: 'key.added', owner: 'ada' }], { clock: Date.now })
    expect(names()).toEqual(['ada', 'eve'])
  })

  it('is not what names nobody: anonymous, keys, clients and users of public apps', async () => {
    const visitor = `shop:anon:${'4f-_'.repeat(5)}aB`
    const ids = [
      'anonymous',
      'key:abcde01234',
      'client:ci',
      'token:jti',
      'person:abcde01234',
      `app:${visitor}`,
      `widget:${'4f-_'.repeat(5)}aB`,
    ]
    for (const principal of ids) await open().record({ event: 'request', principal })
    await open().record({ event: 'request', principal: 'anonymous', user: 'anonymous' })
    await open().record({ event: 'request', principal: `app:${visitor}`, user: visitor })
    await open().record({ event: 'token.issued', subject: visitor })
    expect(() => subjects()).toThrow('ENOENT')
    expect(chainText()).toContain(`"principal":"app:${visitor}","user":"${visitor}"`)
    const ofPage = `widget:${'4f-_'.repeat(5)}aC`
    await open().record({ event: 'request', principal: ofPage, user: ofPage })
    expect(() => subjects()).toThrow('ENOENT')
    // A longer one is no random one, whoever chose it.
    await open().record({ event: 'request', user: 'shop:anon:zoe' })
    expect(names()).toEqual(['shop:anon:zoe'])
    // The user of a page's own sign-in has a name.
    await open().record({ event: 'request', user: 'widget:https://login.example#ada' })
    expect(names()).toContain('widget:https://login.example#ada')
  })

  it('of the user of an app is one, also where the app stands beside it', async () => {
    await open().record({ event: 'user.created', user: 'shop:zoe' })
    await open().record({ event: 'address_rule.added', rules: [{ app: 'shop', user: 'zoe' }] })
    expect(names()).toEqual(['shop:zoe'])
  })

  it('of an issuer is erased with its user, and not with a user whom it changed', async () => {
    const principal = 'https://idp.example#7'
    await open('acts').record({ event: 'user.removed', principal, user: 'shop:zoe' })
    await open().record({ event: 'request', principal, user: 'ada@idp.example' })
    await open().record({ event: 'request', principal, user: 'ada@idp.example' })
    expect(subjects().slice(2)).toMatchObject([
      { name: principal, of: 'ada@idp.example' },
      { name: 'ada@idp.example' },
    ])
    await eraseSubjects(folder, 'shop:zoe')
    expect(names()).toEqual([principal, principal, 'ada@idp.example'])
    await eraseSubjects(folder, 'ada@idp.example')
    expect(names()).toEqual([])
  })
})

describe('subjects.json', () => {
  it('that loses a line leaves the chain whole, and the name gets another reference', async () => {
    const chain = open()
    await chain.record({ user: 'ada', number: 1 })
    await chain.record({ user: 'eve', number: 2 })
    const [ada, eve] = subjects()
    const path = subjectsFile(folder)
    rmSync(path)
    writeFileSync(path, `${JSON.stringify(eve)}\n`)
    await chain.record({ user: 'ada', number: 3 })
    expect(readChain(chainText()).faults).toEqual([])
    const shown = readChainOf(folder, 'requests-1').records.map(({ user }) => user)
    expect(shown).toEqual([ada?.ref, 'eve', 'ada'])
  })

  it('after a crash in the middle of a line is continued after the last whole one', async () => {
    await open().record({ user: 'ada' })
    appendFileSync(subjectsFile(folder), '{"ref":"subject:AAAAAAAAAAAAAAAA","na')
    await open().record({ user: 'eve' })
    expect(names()).toEqual(['ada', 'eve'])
    expect(readFileSync(subjectsFile(folder), 'utf8')).not.toContain('AAAAAAAAAAAAAAAA')
  })

  it('that cannot be written makes no record: none may have a name that is not there', async () => {
    mkdirSync(subjectsFile(folder))
    const chain = open()
    await expect(chain.record({ user: 'ada' })).rejects.toThrow(/EISDIR/)
    await chain.record({ event: 'gatekeeper.started' })
    expect(chainText()).toContain('gatekeeper.started')
    expect(chainText()).not.toContain('subject:')
  })

  it('of many writers at once has every name that the chains have', async () => {
    const writers = Array.from({ length: 6 }, (_, number) => open(`requests-${number + 1}`))
    await Promise.all(
      writers.flatMap((writer, at) =>
        Array.from({ length: 30 }, (_, number) =>
          writer.record({ user: `user ${(number * 7 + at) % 25}` }),
        ),
      ),
    )
    expect(new Set(names()).size).toBe(25)
    for (const at of writers.keys()) {
      const { records } = readChainOf(folder, `requests-${at + 1}`)
      expect(records.filter(({ user }) => !/^user \d+$/.test(String(user)))).toEqual([])
    }
  })
})
