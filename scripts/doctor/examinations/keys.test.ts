import { describe, expect, it } from 'vitest'
import { createApiKey, hashKey } from '../../../gatekeeper/src/api-keys/api-key.ts'
import { keys } from '../../../gatekeeper/src/operations/doctor/examinations/keys.ts'
import { now, openCloneForEach } from '../../test/clone.ts'

const clone = openCloneForEach()

const dayMs = 24 * 60 * 60 * 1000
const day = (days: number) => new Date(now + days * dayMs).toISOString()

/** Writes keys.json; returns their ids. */
async function writeKeys(...entries: Record<string, unknown>[]): Promise<string[]> {
  const made = entries.map((entry) => {
    const { id, key } = createApiKey()
    const times = { createdAt: day(-1), expiresAt: day(90) }
    const secrets = [{ sha256: hashKey(key), createdAt: day(-1), expiresAt: null }]
    return [
      id,
      { user: 'ada', role: 'readwrite', services: ['ollama'], secrets, ...times, ...entry },
    ]
  })
  const document = { version: 1, keys: Object.fromEntries(made) }
  await clone.write('keys/keys.json', JSON.stringify(document))
  return made.map(([id]) => id as string)
}

describe('keys', () => {
  it('that end in good time are right, and so is no key file', async () => {
    expect(await clone.examine(keys)).toEqual([])
    await writeKeys({}, { expiresAt: null, disabled: true })
    expect(await clone.examine(keys)).toEqual([])
  })

  it('that never end are named; those of role admin louder', async () => {
    const [id, admin] = await writeKeys({ expiresAt: null }, { expiresAt: null, role: 'admin' })
    expect(await clone.examine(keys)).toMatchObject([
      { level: 'warning', what: expect.stringContaining(`${admin} (ada) are of role admin`) },
      {
        ...{ level: 'info', control: 'key-expiry' },
        what: expect.stringContaining(`${id} (ada) never expire`),
      },
    ])
  })

  it('that have ended or will soon are named, by their secrets as well', async () => {
    const [over, soon] = await writeKeys({ expiresAt: day(-1) }, { expiresAt: day(3) })
    expect(await clone.examine(keys)).toMatchObject([
      { level: 'warning', what: `${soon} (ada) expire within 14 days` },
      { level: 'info', what: `${over} (ada) have expired` },
    ])
    const secrets = [{ sha256: 'a'.repeat(64), createdAt: null, expiresAt: day(2) }]
    const [rotated] = await writeKeys({ secrets })
    expect(await clone.examine(keys)).toMatchObject([
      { level: 'warning', what: `${rotated} (ada) expire within 14 days` },
    ])
  })

  it('that are old: whether they are used is unknown without a journal of usage', async () => {
    const [id] = await writeKeys({ createdAt: day(-100) })
    expect(await clone.examine(keys)).toMatchObject([
      {
        ...{ level: 'info', control: 'unused-keys' },
        what: `${id} (ada) are old, and whether they are used is unknown`,
      },
    ])
  })

  it('that nobody made or used within 90 days are named', async () => {
    const [unused, old, used] = await writeKeys(
      { createdAt: day(-91) },
      { createdAt: day(-300) },
      { createdAt: day(-300) },
      { createdAt: day(-89) },
    )
    const readLastUses = async () =>
      new Map([
        [`key:${used}`, now - 89 * dayMs],
        [`key:${old}`, now - 91 * dayMs],
      ])
    expect(await clone.examine(keys, {}, { readLastUses })).toMatchObject([
      {
        ...{ level: 'info', control: 'unused-keys' },
        what: `${unused} (ada), ${old} (ada) were not used within 90 days`,
      },
    ])
  })

  it('by the hundred make one finding, and a broken file makes an error', async () => {
    await writeKeys(...Array.from({ length: 100 }, () => ({ expiresAt: null })))
    const found = await clone.examine(keys)
    expect(found).toMatchObject([{ what: expect.stringMatching(/ and 95 more never expire$/) }])
    await clone.write('keys/keys.json', '{"version":1,')
    expect(await clone.examine(keys)).toMatchObject([{ level: 'error' }])
  })
})
