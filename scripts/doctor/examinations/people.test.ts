import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { adminStorePath, openAdminStore } from '../../../admin/src/store/admin-store.ts'
import { addPasskey } from '../../../admin/src/store/passkeys.ts'
import { recordActs } from '../../../gatekeeper/src/audit/acts.ts'
import { people } from '../../../gatekeeper/src/operations/doctor/examinations/people.ts'
import { now, openCloneForEach } from '../../test/clone.ts'

const clone = openCloneForEach()
const dayMs = 86_400_000
const createdAt = (days: number) => new Date(now + days * dayMs).toISOString()

async function write(entries: Readonly<Record<string, object>>): Promise<void> {
  const usual = { role: 'owner', createdAt: createdAt(-1) }
  const rows = Object.entries(entries).map(([name, entry]) => [
    name.padEnd(10, '0'),
    { name, ...usual, ...entry },
  ])
  const document = { version: 1, people: Object.fromEntries(rows) }
  await clone.write('keys/people.json', JSON.stringify(document))
}

async function addPasskeyOf(person: string): Promise<void> {
  const store = await openAdminStore(adminStorePath(join(clone.folder, '.gatekeeper')))
  await addPasskey(store, {
    ...{
      id: person,
      credential_id: person,
      person,
      public_key: '',
      sign_count: 0,
      transports: '[]',
    },
    ...{ is_synced: 0, label: 'phone', created_at: now, last_used_at: null },
  })
  await store.close()
}

const signedIn = (person: string, days: number) =>
  recordActs(join(clone.folder, '.gatekeeper/audit'), [{ event: 'signin.succeeded', person }], {
    clock: () => now + days * dayMs,
  })

describe('people', () => {
  it('finds nothing without people, nor with two owners', async () => {
    expect(await clone.examine(people)).toEqual([])
    await write({ ada: {}, bob: {}, eve: { role: 'member' } })
    expect(await clone.examine(people)).toEqual([])
  })

  it.each([
    [{ ada: {} }, /^ada is the only owner/],
    [{ ada: {}, bob: { disabled: true } }, /^ada is the only owner/],
    [{ ada: { role: 'admin' } }, /^nobody is an owner/],
  ])('%j have no second owner', async (entries, what) => {
    await write(entries)
    const [finding] = await clone.examine(people)
    expect(finding).toMatchObject({ level: 'warning', control: 'second-owner' })
    expect(finding?.what).toMatch(what)
  })

  it('names who administers without a passkey, where there is an admin.db', async () => {
    await write({ ada: {}, bob: {}, eve: { role: 'admin' }, mia: { role: 'member' } })
    await addPasskeyOf('ada0000000')
    const [finding, ...more] = await clone.examine(people)
    expect([finding?.what, more]).toEqual(['bob, eve may administer, and have no passkey', []])
    expect(finding?.control).toBe('admin-passkeys')
    // On a bare address browsers make none.
    expect(await clone.examine(people, { GATEKEEPER_CONSOLE_SITE: '192.168.1.20' })).toEqual([])
  })

  it('names who did not sign in for 90 days, and nobody who is new', async () => {
    const old = { createdAt: createdAt(-100) }
    await write({ ada: old, bob: old, eve: { ...old, disabled: true }, mia: {} })
    await signedIn('bob0000000', -91)
    await signedIn('ada0000000', -89)
    const [finding, ...more] = await clone.examine(people)
    expect([finding?.what, more]).toEqual(['bob did not sign in for 90 days', []])
  })

  it('names keys whose maker may use nothing', async () => {
    await write({ ada: { access: { role: 'readonly', services: ['*'] } }, bob: {} })
    const key = (madeBy: string) => ({
      ...{ user: 'x', role: 'readonly', services: ['ollama'], madeBy },
      secrets: [{ sha256: '0'.repeat(64), createdAt: null, expiresAt: null }],
    })
    const keys = {
      a000000000: key('ada0000000'),
      b000000000: key('bob0000000'),
      c000000000: key('gone000000'),
    }
    await clone.write('keys/keys.json', JSON.stringify({ version: 1, keys }))
    const findings = await clone.examine(people)
    expect(findings.map(({ level, what }) => [level, what])).toEqual([
      [
        'info',
        'b000000000 (x), c000000000 (x) are refused: the person who made them is gone, disabled or without access',
      ],
    ])
  })

  it('reports a broken people.json with its place', async () => {
    await clone.write('keys/people.json', '{"version": 1, "people": {\n"x": {}}}')
    expect(await clone.examine(people)).toMatchObject([{ level: 'error', line: 2 }])
  })
})
