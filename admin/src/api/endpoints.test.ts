/** Guarantees of every row, whoever wrote it: they are walked one by one. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openTestConsole, type TestConsole } from '../../test/support/test-console.ts'
import type { Endpoint } from './endpoint.ts'

let site: TestConsole
beforeAll(async () => {
  site = await openTestConsole()
})
afterAll(() => site.close())

const nameOf = ({ method, path }: Endpoint) => `${method} ${path}`
const pathOf = ({ path }: Endpoint) => `/admin/v1${path.replace(/:\w+/g, 'abcdefghij')}`
const writes = ({ method }: Endpoint) => method !== 'GET'
const closed = () => site.rows.filter(({ roles }) => roles !== 'open')

/** The rows of which something is not true. */
function without(isTrue: (row: Endpoint) => boolean, of: readonly Endpoint[] = site.rows) {
  return of.filter((row) => !isTrue(row)).map(nameOf)
}

async function notAnswered(
  rows: readonly Endpoint[],
  status: number | readonly number[],
  call: (row: Endpoint) => Parameters<TestConsole['call']>[2],
): Promise<string[]> {
  const wanted = typeof status === 'number' ? [status] : status
  const found: string[] = []
  for (const row of rows) {
    const answer = await site.call(row.method, pathOf(row), call(row))
    if (!wanted.includes(answer.status)) found.push(`${nameOf(row)}: ${answer.status}`)
  }
  return found
}

test('there are rows, and no two for one call', () => {
  expect(site.rows.length).toBeGreaterThan(3)
  const shapes = site.rows.map(({ method, path }) => `${method} ${path.replace(/:\w+/g, ':')}`)
  expect(new Set(shapes).size).toBe(shapes.length)
})

describe('each row', () => {
  test('has a sentence that says what it does', () => {
    expect(without(({ summary }) => /^[A-Z].+\.$/.test(summary))).toEqual([])
  })

  test('has a schema for the params in its path', () => {
    expect(without(({ path, params }) => path.includes(':') === (params !== undefined))).toEqual([])
  })

  test('says what it answers', () => {
    const good = ({ answers }: Endpoint) =>
      Object.keys(answers).some((status) => Number(status) >= 200 && Number(status) < 400)
    expect(without(good)).toEqual([])
  })

  test('names who may call it', () => {
    expect(without(({ roles }) => typeof roles === 'string' || roles.length > 0)).toEqual([])
  })

  test('that writes names the event for the audit, or says that nothing is on record', () => {
    expect(without(({ event }) => event !== undefined, site.rows.filter(writes))).toEqual([])
    const form = /^[a-z_]+\.[a-z_]+$/
    expect(without(({ event }) => event == null || form.test(event))).toEqual([])
  })

  test('that only reads names no event and takes no body', () => {
    const reading = site.rows.filter((row) => !writes(row))
    expect(without(({ body }) => body === undefined, reading)).toEqual([])
  })

  test('that auditors may call changes nothing but what is theirs', () => {
    const own = /^\/(?:session|sessions|passkeys|step-up|signin)(?:\/|$)/
    const asking = ['POST /explain', 'POST /keys/import/check']
    const found = site.rows
      .filter((row) => writes(row) && row.roles !== 'open')
      .filter(({ roles }) => roles === 'any' || roles.includes('auditor'))
      .filter((row) => !own.test(row.path) && !asking.includes(nameOf(row)))
      .map(nameOf)
    expect(found).toEqual([])
  })
})

describe('each closed row refuses', () => {
  test('a call without a session', async () => {
    expect(await notAnswered(closed(), 401, () => ({}))).toEqual([])
  })

  test('a call with the cookie alone', async () => {
    const { cookie } = await site.signIn('olga')
    const fields = { cookie: `__Host-gk_session=${cookie}` }
    expect(await notAnswered(closed(), 401, () => ({ fields }))).toEqual([])
  })

  test.each([
    { 'sec-fetch-site': 'same-site' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-origin', origin: 'https://localhost:8443' },
    { 'sec-fetch-site': '', origin: '' },
  ])('an owner whose call has %j', async (fields) => {
    const as = await site.signIn('olga')
    expect(await notAnswered(closed(), 403, () => ({ as, fields }))).toEqual([])
  })

  test('a form as its body', async () => {
    const as = await site.signIn('olga')
    const fields = { 'content-type': 'application/x-www-form-urlencoded' }
    const taking = closed().filter(({ method }) => ['PUT', 'POST', 'PATCH'].includes(method))
    const found = await notAnswered(taking, [403, 415], () => ({ as, rawBody: 'a=b', fields }))
    expect(found).toEqual([])
  })

  test('every role that it does not name', async () => {
    const roles = { owner: 'olga', admin: 'adam', auditor: 'aude', member: 'mia' } as const
    for (const [role, name] of Object.entries(roles)) {
      const as = await site.signIn(name)
      const others = closed().filter(
        (row) => row.roles !== 'any' && !(row.roles as readonly string[]).includes(role),
      )
      expect(await notAnswered(others, 403, () => ({ as })), role).toEqual([])
    }
  })
})

test('open rows are sign-in and the description of the API alone', () => {
  const open = site.rows.filter(({ roles }) => roles === 'open').map(({ path }) => path)
  expect(open.filter((path) => !/^\/signin(?:\/|$)|^\/openapi\.json$/.test(path))).toEqual([])
})

test('every call needs a page of the console, open rows too', async () => {
  const fields = { 'sec-fetch-site': 'cross-site' }
  const open = site.rows.filter(({ roles, path }) => roles === 'open' && path !== '/openapi.json')
  expect(await notAnswered(open, 403, () => ({ fields }))).toEqual([])
})
