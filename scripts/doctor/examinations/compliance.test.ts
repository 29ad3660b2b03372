import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createApiKey, hashKey } from '../../../gatekeeper/src/api-keys/api-key.ts'
import { recordActs } from '../../../gatekeeper/src/audit/acts.ts'
import { compliance } from '../../../gatekeeper/src/operations/doctor/examinations/compliance.ts'
import { now, openCloneForEach } from '../../test/clone.ts'

const clone = openCloneForEach()
const dayMs = 86_400_000
const day = (days: number) => new Date(now + days * dayMs).toISOString()

async function writeKeys(...entries: Record<string, unknown>[]): Promise<string[]> {
  const made = entries.map((entry) => {
    const { id, key } = createApiKey()
    const times = { createdAt: day(-1), expiresAt: day(90) }
    const secrets = [{ sha256: hashKey(key), createdAt: day(-1), expiresAt: null }]
    const usual = { user: 'ada', role: 'readwrite', services: ['ollama'], limits: ['60/min'] }
    return [id, { ...usual, secrets, ...times, ...entry }] as const
  })
  const document = { version: 1, keys: Object.fromEntries(made) }
  await clone.write('keys/keys.json', JSON.stringify(document))
  return made.map(([id]) => id)
}

/** Adds lines to the shipped gatekeeper.yaml. */
async function configure(lines: string): Promise<void> {
  const text = await readFile(join(clone.folder, 'gatekeeper.yaml'), 'utf8')
  await clone.write('gatekeeper.yaml', `${text}\n${lines}\n`)
}

const review = (days: number) =>
  recordActs(join(clone.folder, '.gatekeeper/audit'), [{ event: 'review.done' }], {
    clock: () => now + days * dayMs,
  })

describe('compliance', () => {
  it('finds nothing in a fresh clone, with limited keys, and in a broken configuration', async () => {
    expect(await clone.examine(compliance)).toEqual([])
    await writeKeys({}, { tags: ['env=prod', 'owner=ada'], origins: ['https://a.b'] })
    expect(await clone.examine(compliance)).toEqual([])
    await configure('nonsense: true')
    expect(await clone.examine(compliance)).toEqual([])
  })

  it('names keys without any limit, and not those that a policy limits', async () => {
    const [id] = await writeKeys({ limits: [] }, { limits: [], disabled: true })
    const [finding, ...others] = await clone.examine(compliance)
    expect(finding).toMatchObject({ level: 'info', control: 'use-limits' })
    expect([finding?.what, others]).toEqual([
      `${id} (ada) have no limit of requests, tokens or money`,
      [],
    ])
    await configure('users: {ada: {limits: [60/min]}}')
    expect(await clone.examine(compliance)).toEqual([])
  })

  it('counts the limits of the person who made a key', async () => {
    await writeKeys({ limits: [], madeBy: 'aaaaaaaaaa' })
    const write = async (limits: readonly string[]) => {
      const access = { role: 'admin', services: ['*'], limits }
      const people = { aaaaaaaaaa: { name: 'ada', role: 'member', access } }
      await clone.write('keys/people.json', JSON.stringify({ version: 1, people }))
    }
    await write([])
    expect(await clone.examine(compliance)).toHaveLength(1)
    await write(['60/min'])
    expect(await clone.examine(compliance)).toEqual([])
  })

  it.each([['limits: [100/min]'], ['roles: {readwrite: {limits: [60/min]}}']])(
    'is content with %s for all keys',
    async (lines) => {
      await writeKeys({ limits: [] })
      await configure(lines)
      expect(await clone.examine(compliance)).toEqual([])
    },
  )

  it.each([
    ['none', 'warning'],
    ['sampled', 'info'],
  ])('reports an audit that records %s of the allowed requests', async (allowed, level) => {
    await configure(`audit: {allowed: ${allowed}}`)
    expect(await clone.examine(compliance)).toMatchObject([{ level, control: 'audit-trail' }])
  })

  it('reports origins of http at keys and services, but not those of this machine', async () => {
    const local = ['http://localhost:3000', 'http://127.0.0.1:3000', 'http://app.localhost']
    await writeKeys({ origins: [...local, 'http://[::1]:3000'] })
    expect(await clone.examine(compliance)).toEqual([])
    const [id] = await writeKeys({ origins: ['http://app.example', 'http://localhost.example'] })
    expect(await clone.examine(compliance)).toMatchObject([
      {
        ...{ level: 'warning', control: 'encrypted-pages' },
        what: expect.stringContaining(`http://app.example (key ${id}), http://localhost.example`),
      },
    ])
    await configure(
      '  sd: {kind: http, upstream: {url: "http://127.0.0.1:9"}, routes: [{prefix: /sd}], origins: ["http://sd.example"]}',
    )
    expect(await clone.examine(compliance)).toMatchObject([
      { what: expect.stringContaining('http://sd.example (sd)') },
      { control: 'encrypted-pages' },
    ])
  })

  it('reports a key that is tagged with two environments', async () => {
    const [id] = await writeKeys({ tags: ['env=prod', 'env=test'] }, { tags: ['env=prod', 'env'] })
    expect(await clone.examine(compliance)).toMatchObject([
      {
        ...{ level: 'warning', control: 'separate-environments' },
        what: `${id} (ada) are tagged with two environments`,
      },
    ])
  })

  it('reports a review that is due: by the oldest key, then by the last review', async () => {
    await writeKeys({ createdAt: day(-89) })
    expect(await clone.examine(compliance)).toEqual([])
    await writeKeys({ createdAt: day(-91) })
    expect(await clone.examine(compliance)).toMatchObject([
      { level: 'warning', control: 'access-review', what: expect.stringMatching(/^nobody has/) },
    ])
    await review(-200)
    await review(-10)
    expect(await clone.examine(compliance)).toEqual([])
    await configure('reviewEvery: 1w')
    expect(await clone.examine(compliance)).toMatchObject([
      {
        what: expect.stringContaining(
          `last reviewed on ${day(-10).slice(0, 10)}, more than 7 days`,
        ),
      },
    ])
  })
})
