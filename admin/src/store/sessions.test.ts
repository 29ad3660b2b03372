import { afterEach, beforeEach, expect, test } from 'vitest'
import { openTestConsole, type TestConsole } from '../../test/support/test-console.ts'
import { findSession, findSessionById, sha256Of } from './sessions.ts'

let site: TestConsole
beforeEach(async () => {
  site = await openTestConsole()
})
afterEach(() => site.close())

const find = (halves: { cookie: string; half: string }) =>
  findSession(site.store, halves, site.now())

test('both halves find the session; it is stored as hashes alone', async () => {
  const made = await site.signIn('mia')
  expect(await find(made)).toMatchObject({ id: made.id, person: 'member0001' })
  const row = await site.store.queries.selectFrom('sessions').selectAll().executeTakeFirst()
  expect(row).toMatchObject({ cookie_sha256: sha256Of(made.cookie) })
  expect(JSON.stringify(row)).not.toContain(made.cookie)
  expect(JSON.stringify(row)).not.toContain(made.half)
})

test('halves that are exchanged, cut, hashed or of two sessions find nothing', async () => {
  const { cookie, half } = await site.signIn('mia')
  const other = await site.signIn('mia')
  for (const halves of [
    { cookie: half, half: cookie },
    { cookie: cookie.slice(0, -1), half },
    { cookie: sha256Of(cookie), half: sha256Of(half) },
    { cookie, half: other.half },
    { cookie: '', half: '' },
    { cookie: "' OR 1=1 --", half },
  ]) {
    expect(await find(halves)).toBeNull()
  }
})

test('reading a session by its public id does not prolong it', async () => {
  const { id } = await site.signIn('mia')
  for (let at = 0; at < 3; at++) {
    site.pass(10 * 60_000)
    await findSessionById(site.store, id, site.now())
  }
  expect(await findSessionById(site.store, id, site.now())).toBeNull()
})
