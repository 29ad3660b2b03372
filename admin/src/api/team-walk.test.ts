/**
 * Walks every operation as people of another team: nothing is seen, nothing is changed, and there is no
 * difference to what does not exist. A row that is open to people of teams and has no entry here fails.
 */
import { globSync, readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { openChain } from '../../../gatekeeper/src/audit/chain-writer.ts'
import { addSplitKey } from '../../../gatekeeper/src/operations/vault/split-key-writer.ts'
import {
  closeDatabase,
  openUsageDatabase,
} from '../../../gatekeeper/src/usage/journal/sqlite/open-database.ts'
import { databaseIn } from '../../../gatekeeper/src/usage/journal/sqlite/sqlite-journal.ts'
import { writeBatch } from '../../../gatekeeper/src/usage/journal/sqlite/write-batch.ts'
import { recordOf } from '../../../gatekeeper/test/support/describe-journal.ts'
import { openTestConsole, type TestConsole } from '../../test/support/test-console.ts'
import { createInvitation } from '../store/invitations.ts'
import type { Endpoint } from './endpoint.ts'
import * as scope from './scope.ts'
import { reachOf } from './team-rows.ts'

vi.mock('./scope.ts', { spy: true })

/** Names of a thing in each path and body: of the other team's, or of nothing. */
type Things = {
  readonly key: string
  readonly client: string
  readonly user: string
  readonly person: string
  readonly invitation: string
  readonly session: string
  readonly splitKey: string
  readonly owner: string
  readonly provider: string
  readonly name: string
}

/** Everything of the team `crimson` has this word in its names. */
const word = 'crimson'
const userOf = (name: string) => Buffer.from(name).toString('base64url')

const nothing: Things = {
  ...{ key: 'nothingkey', client: 'nothing-ci', user: userOf('nothing-app:eve') },
  ...{ person: 'nothingpe1', invitation: 'nothinginv', session: 'nothingses' },
  ...{ splitKey: 'nothing-split-1', owner: 'nothing-app:eve' },
  ...{ provider: 'anthropic', name: 'nothing' },
}

type Entry = {
  readonly path: (things: Things) => string
  readonly body?: (things: Things) => object
  readonly stepUp?: string
  readonly creates?: true
  /** Whether the team's own admin finds something of it in the answer. */
  readonly shows?: true
}

const at = (path: (things: Things) => string, more: Omit<Entry, 'path'> = {}): Entry => ({
  path,
  ...more,
})
const ended = '2027-01-01T00:00:00Z'
const chat = { service: 'ollama', model: 'demo', messages: [{ role: 'user', content: 'x' }] }
const question = { method: 'POST', path: '/api/chat' }
const shows = true

/** Rows of things that a team has. Where ids and names are taken by others is its own test. */
const entries: Readonly<Record<string, Entry>> = {
  'GET /keys': at(({ name }) => `/keys?q=${name}`, { shows }),
  'GET /keys/:id': at(({ key }) => `/keys/${key}`, { shows }),
  'PATCH /keys/:id': at(({ key }) => `/keys/${key}`, { body: () => ({ disabled: true }) }),
  'DELETE /keys/:id': at(({ key }) => `/keys/${key}`),
  'POST /keys/:id/rotate': at(({ key }) => `/keys/${key}/rotate`, { body: () => ({}) }),
  'POST /keys/disable': at(() => '/keys/disable', { body: ({ key }) => ({ ids: [key] }) }),
  'GET /clients': at(({ name }) => `/clients?q=${name}`, { shows }),
  'GET /clients/:id': at(({ client }) => `/clients/${client}`, { shows }),
  'PATCH /clients/:id': at(({ client }) => `/clients/${client}`, {
    body: () => ({ disabled: true }),
  }),
  'DELETE /clients/:id': at(({ client }) => `/clients/${client}`),
  'POST /clients/:id/rotate': at(({ client }) => `/clients/${client}/rotate`, {
    body: () => ({}),
  }),
  'GET /users': at(({ name }) => `/users?q=${name}`, { shows }),
  'GET /users/:id': at(({ user }) => `/users/${user}`, { shows }),
  'PUT /users/:id': at(({ user }) => `/users/${user}`, {
    body: () => ({ dailyQuota: 1 }),
    creates: true,
  }),
  'PATCH /users/:id': at(({ user }) => `/users/${user}`, { body: () => ({ dailyQuota: 1 }) }),
  'DELETE /users/:id': at(({ user }) => `/users/${user}`),
  'GET /people': at(({ name }) => `/people?q=${name}`, { shows }),
  'GET /people/:id': at(({ person }) => `/people/${person}`, { shows }),
  'PATCH /people/:id': at(({ person }) => `/people/${person}`, {
    // As it is now: without a proof the answer must not tell that either.
    body: () => ({ role: 'admin' }),
    stepUp: 'person.role',
  }),
  'DELETE /people/:id': at(({ person }) => `/people/${person}`),
  'GET /people/:id/keys': at(({ person }) => `/people/${person}/keys`),
  'POST /people/:id/reset': at(({ person }) => `/people/${person}/reset`, {
    stepUp: 'person.invite',
  }),
  'GET /invitations': at(() => '/invitations', { shows }),
  'DELETE /invitations/:id': at(({ invitation }) => `/invitations/${invitation}`),
  'GET /provider-keys': at(() => '/provider-keys', { shows }),
  'PUT /provider-keys/:provider': at(({ provider }) => `/provider-keys/${provider}`, {
    body: () => ({ key: 'sk-0123456789abcdef' }),
    stepUp: 'provider_key.set',
  }),
  'DELETE /provider-keys/:provider': at(({ provider }) => `/provider-keys/${provider}`),
  'GET /split-keys': at(({ name }) => `/split-keys?q=${name}`, { shows }),
  'DELETE /split-keys/:id': at(({ splitKey, owner }) => `/split-keys/${splitKey}?owner=${owner}`),
  'GET /sessions': at(({ person }) => `/sessions?person=${person}`, { shows }),
  'DELETE /sessions/:id': at(({ session }) => `/sessions/${session}`),
  'GET /usage': at(({ name }) => `/usage?by=key&user=${name}-user`, { shows }),
  'GET /usage/requests': at(({ key }) => `/usage/requests?key=key:${key}`, { shows }),
  'GET /usage/export': at(({ name }) => `/usage/export?user=${name}-user`, { shows }),
  'GET /overview': at(() => '/overview', { shows }),
  'GET /audit': at(({ name }) => `/audit?q=${name}`, { shows }),
  'GET /audit/export': at(({ name }) => `/audit/export?q=${name}`, { stepUp: 'audit.export' }),
  'POST /explain': at(() => '/explain', { body: ({ key }) => ({ ...question, key }) }),
  'GET /queue': at(() => '/queue', { shows }),
  'GET /playground/models': at(({ key }) => `/playground/models?key=${key}`),
  'POST /playground/chat': at(() => '/playground/chat', { body: ({ key }) => ({ ...chat, key }) }),
}

/** What is made is of the own team; a stream is in `event-stream.test.ts`. */
const elsewhere = ['PUT /keys/:id', 'PUT /clients/:id', 'POST /invitations', 'GET /events']

const access = { role: 'admin', services: ['*'], models: [], limits: [] }
const people = [
  { id: 'crimsonpe1', name: 'crimson-admin', role: 'admin', team: word, access },
  { id: 'crimsonpe2', name: 'crimson-user', role: 'member', team: word, access },
  { id: 'azureadmin', name: 'azure-admin', role: 'admin', team: 'azure', access },
  { id: 'azureaudit', name: 'azure-auditor', role: 'auditor', team: 'azure' },
  { id: 'azuremembe', name: 'azure-member', role: 'member', team: 'azure', access },
] as const
const foreigners = ['azure-admin', 'azure-auditor', 'azure-member']

const queued = { user: 'crimson-user', principal: 'key:crimsonkey', model: 'demo', sinceMs: 1 }
const queue = { services: { ollama: { slots: 1, running: [queued], waiting: [queued] } } }

let site: TestConsole
let crimson: Things
const nameOf = ({ method, path }: Pick<Endpoint, 'method' | 'path'>) => `${method} ${path}`

beforeAll(async () => {
  site = await openTestConsole({
    people,
    askGatekeeper: async (path) => ({ status: path === '/queue' ? 200 : 503, document: queue }),
  })
  crimson = await furnish(site)
})
afterAll(() => site.close())

async function furnish({ installation, store, deps, now, signIn }: TestConsole): Promise<Things> {
  const secret = { sha256: 'a'.repeat(64), createdAt: null, expiresAt: null }
  const common = { role: 'readwrite', services: ['ollama'], secrets: [secret], team: word }
  const key = { ...common, user: 'crimson-user', madeBy: 'crimsonpe1', expiresAt: ended }
  const bot = { ...key, user: 'crimson-bot', madeBy: null }
  await write(installation.file, { keys: { crimsonkey: key, crimsonbot: bot } })
  const clients = { 'crimson-ci': common, 'crimson-app': { ...common, app: {} } }
  await write(installation.clientsFile, { clients })
  await write(installation.usersFile, { users: { 'crimson-app:eve': { dailyQuota: 5 } } })
  const box = Buffer.alloc(120, 1).toString('base64')
  const origin = deps.installation.providerOrigins['openai'] ?? ''
  const sealed = { provider: 'openai', origin, team: word, version: 1, kid: 'k'.repeat(8), box }
  const held = { ...sealed, mode: 'held', mask: word, createdAt: ended }
  await write(installation.providersFile, { providers: { openai: held } })
  const split = { ...sealed, id: 'crimson-split-1', share: box, description: word }
  const quiet = { clock: now, record: async () => {} }
  await addSplitKey(installation.splitKeysFile, 'crimson-app:eve', split, quiet)
  await writeUse(site)
  await deps.keys.reload()
  const invited = { kind: 'invite', person: null, name: 'crimson-new', title: null } as const
  const link = { ...invited, team: word, role: 'member', access: null, invitedBy: 'x' } as const
  const { id: invitation } = await createInvitation(store, link, now())
  const { id: session } = await signIn('crimson-admin')
  return {
    ...{ key: 'crimsonkey', client: 'crimson-ci', user: userOf('crimson-app:eve') },
    ...{ person: 'crimsonpe1', invitation, session, splitKey: 'crimson-split-1' },
    ...{ owner: 'crimson-app:eve', provider: 'openai', name: word },
  }
}

async function write(file: string, content: object): Promise<void> {
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, JSON.stringify({ version: 1, ...content }))
}

async function writeUse({ installation, now }: TestConsole): Promise<void> {
  const log = await openUsageDatabase(databaseIn(installation.stateDir), true)
  const used = { at: now() - 60_000, user: 'crimson-user', principalId: 'key:crimsonkey' }
  const settle = (over: object) => {
    const record = recordOf({ ...used, requestId: 'crimson-request', model: 'demo', ...over })
    return { kind: 'record' as const, settled: { reservationId: null, record, charges: [] } }
  }
  // Of a key and a client that are removed.
  const gone = ['key:goneecrims', 'client:gone-ci'].map((principalId) => settle({ principalId }))
  writeBatch(log, [settle({}), ...gone])
  await closeDatabase(log)
  const { auditFolder } = installation
  await mkdir(auditFolder, { recursive: true })
  const requests = openChain(
    {
      ...{ name: 'requests-1', segmentBytesMax: 1e6, totalBytesMax: 1e9, ageMaxMs: null },
      ...{ segmentAgeMaxMs: null, sharedLock: null },
    },
    { folder: auditFolder, clock: now, sign: async () => null },
  )
  await requests.record({
    ...{ event: 'request', outcome: 'deny', requestId: 'crimson-request', user: 'crimson-user' },
    ...{ principal: 'key:crimsonkey', team: word, method: 'POST', path: '/api/chat', status: 429 },
  })
  await requests.close()
  await installation.record([{ event: 'key.added', key: 'crimsonkey', team: word }])
}

/** A step of a walk: a row as one person, with the names of some things. */
async function step(row: Endpoint, as: string, things: Things, isProven = true) {
  const { path, body, stepUp, creates } = entries[nameOf(row)] as Entry
  const session = await site.signIn(as)
  const target = Object.entries(things).find(([, id]) => path(things).split(/[/?]/)[2] === id)?.[1]
  const ofPath = row.path.includes(':') ? (target ?? null) : null
  const proof = stepUp === undefined || !isProven ? null : await site.prove(session, stepUp, ofPath)
  const answer = await site.call(row.method, `/admin/v1${path(things)}`, {
    as: session,
    ...(body !== undefined && { body: body(things) }),
    fields: {
      ...(proof !== null && { 'x-gatekeeper-step-up': proof }),
      ...(creates && { 'if-none-match': '*' }),
      ...(row.method === 'PATCH' && { 'if-match': 'x'.repeat(8).replace(/^.*$/, '"$&"') }),
    },
  })
  return { ...answer, comparable: withoutNames(answer.status, answer.text, things) }
}

/** The answer without what the caller sent, and without what no two answers have in common. */
function withoutNames(status: number, text: string, things: Things): string {
  const names = Object.values(things).sort((one, other) => other.length - one.length)
  const plain = names.reduce((all, name) => all.replaceAll(name, 'NAME'), text)
  return `${status} ${plain.replace(/"requestId":"[^"]*"/g, '').replace(/"(?:at|next)":"[^"]*"/g, '')}`
}

/** All documents, and what `admin.db` has of the team. */
async function contents(): Promise<string> {
  const files = globSync('keys/*.json', { cwd: site.folder }).map((name) => join(site.folder, name))
  const documents = files.map((one) => JSON.parse(readFileSync(one, 'utf8')))
  const { queries } = site.store
  const links = await queries.selectFrom('invitations').selectAll().execute()
  const of = queries.selectFrom('sessions').select('id').where('person', 'like', 'crimson%')
  return JSON.stringify([documents, links, await of.orderBy('id').execute()])
}

test('each row that people of a team may call has an entry', () => {
  const open = site.rows.filter((row) => reachOf(row) === 'team').map(nameOf)
  expect(open.filter((name) => !(name in entries) && !elsewhere.includes(name))).toEqual([])
  const known = site.rows.map(nameOf)
  expect([...Object.keys(entries), ...elsewhere].filter((name) => !known.includes(name))).toEqual(
    [],
  )
})

test('every other row is not there for them, and no rule of roles shows that it is', async () => {
  const closed = site.rows.filter((row) => reachOf(row) === 'none')
  expect(closed.length).toBeGreaterThan(10)
  const plain = (text: string) => text.replace(/"requestId":"[^"]*"/g, '')
  for (const name of foreigners) {
    const as = await site.signIn(name)
    const missing = await site.call('GET', '/admin/v1/nothing', { as })
    for (const row of closed) {
      const path = `/admin/v1${row.path.replace(/:\w+/g, 'abcdefghij')}`
      const answer = await site.call(row.method, path, { as })
      expect([answer.status, plain(answer.text)], `${name}: ${nameOf(row)}`).toEqual([
        ...[404, plain(missing.text)],
      ])
    }
  }
})

describe.each(foreigners)('%s', (name) => {
  test.each(Object.keys(entries))(
    '%s: nothing is seen or changed, as if it did not exist',
    async (of) => {
      const row = site.rows.find((one) => nameOf(one) === of) as Endpoint
      const before = await contents()
      vi.mocked(scope.isInScope).mockClear()
      vi.mocked(scope.mayChange).mockClear()
      const answer = await step(row, name, crimson)
      const judged =
        vi.mocked(scope.isInScope).mock.calls.length + vi.mocked(scope.mayChange).mock.calls.length
      const none = await step(row, name, nothing)
      expect(answer.comparable).toBe(none.comparable)
      const unproven = [
        await step(row, name, crimson, false),
        await step(row, name, nothing, false),
      ]
      expect(unproven[0]?.comparable).toBe(unproven[1]?.comparable)
      // It names the ids that were sent.
      const text = of === 'POST /keys/disable' ? answer.text.replace(crimson.key, '') : answer.text
      expect(text).not.toContain(word)
      expect(await contents()).toBe(before)
      // Whoever may call it got this far only by the one place that decides.
      if (answer.status !== 403 && name === 'azure-admin') expect(judged).toBeGreaterThan(0)
    },
  )
})

describe('the own admin', () => {
  const shown = Object.entries(entries).filter(([, entry]) => entry.shows)
  test.each(shown.map(([of]) => of))('%s shows what others do not see', async (of) => {
    const row = site.rows.find((one) => nameOf(one) === of) as Endpoint
    const answer = await step(row, 'crimson-admin', crimson)
    expect(answer.status, answer.text).toBe(200)
    expect(answer.text).toContain(word)
  })
})

describe('what is made', () => {
  const headers = { 'if-none-match': '*' }
  const key = { user: 'azure', services: ['ollama'], expiresAt: ended }

  test.each([
    ['/keys/azurekey01', key],
    ['/clients/azure-ci', { services: ['ollama'] }],
  ])('%s is of the own team, and of no other', async (path, body) => {
    const as = await site.signIn('azure-admin')
    const put = (members: object) =>
      site.call('PUT', `/admin/v1${path}`, { as, body: { ...body, ...members }, fields: headers })
    for (const team of [word, null]) expect((await put({ team })).status).toBe(403)
    expect(await put({})).toMatchObject({ status: 201, body: { team: 'azure' } })
    const fields = {
      'if-match': String((await site.call('GET', `/admin/v1${path}`, { as })).fields['etag']),
    }
    const moved = await site.call('PATCH', `/admin/v1${path}`, { as, body: { team: word }, fields })
    expect(moved.status).toBe(403)
  })

  test('a person who is invited is of the own team, and an owner is of none', async () => {
    const as = await site.signIn('azure-admin')
    const invite = async (body: object) => {
      const proof = await site.prove(as, 'person.invite')
      const fields = { 'x-gatekeeper-step-up': proof }
      return await site.call('POST', '/admin/v1/invitations', { as, body, fields })
    }
    const wanted = { name: 'azure-new', role: 'member' }
    expect((await invite({ ...wanted, team: word })).status).toBe(403)
    expect((await invite({ ...wanted, role: 'owner' })).status).toBe(403)
    expect((await invite(wanted)).status).toBe(201)
    const list = await site.call('GET', '/admin/v1/invitations', { as })
    expect(list.body.items).toMatchObject([{ name: 'azure-new', team: 'azure' }])
  })

  test('a person moves to another team by whoever sees all, and nobody of a team becomes an owner', async () => {
    const as = await site.signIn('olga')
    const path = '/admin/v1/people/crimsonpe2'
    const patch = async (body: object) => {
      const { fields } = await site.call('GET', path, { as })
      const proof = await site.prove(as, 'person.role', 'crimsonpe2')
      const shown = { 'if-match': String(fields['etag']), 'x-gatekeeper-step-up': proof }
      return await site.call('PATCH', path, { as, body, fields: shown })
    }
    const problems = [{ path: 'team' }]
    expect(await patch({ role: 'owner' })).toMatchObject({ status: 400, body: { problems } })
    expect(await patch({ team: 'azure' })).toMatchObject({ status: 200, body: { team: 'azure' } })
    expect(await patch({ team: word })).toMatchObject({ status: 200, body: { team: word } })
  })

  test('in a team stays there when whoever made it moves to another one', async () => {
    const olga = await site.signIn('olga')
    const path = '/admin/v1/people/crimsonpe1'
    const move = async (team: string) => {
      const { etag } = (await site.call('GET', path, { as: olga })).fields
      const proof = await site.prove(olga, 'person.role', 'crimsonpe1')
      const fields = { 'if-match': String(etag), 'x-gatekeeper-step-up': proof }
      const moved = await site.call('PATCH', path, { as: olga, body: { team }, fields })
      expect(moved).toMatchObject({ status: 200, body: { keys: 1 } })
    }
    await move('azure')
    const as = await site.signIn('azure-admin')
    const made = await site.call('GET', `${path}/keys`, { as })
    expect(made.body).toEqual({ keys: [], clients: [] })
    expect((await site.call('GET', path, { as })).body.keys).toBe(0)
    await move(word)
    const own = await site.call('GET', `${path}/keys`, { as: await site.signIn('crimson-admin') })
    expect(own.body.keys).toHaveLength(1)
  })

  test('for a name of another team shows a member of this name nothing of that team', async () => {
    const olga = await site.signIn('olga')
    const path = '/admin/v1/people/crimsonpe2'
    const move = async (team: string) => {
      const { etag } = (await site.call('GET', path, { as: olga })).fields
      const fields = { 'if-match': String(etag) }
      const moved = await site.call('PATCH', path, { as: olga, body: { team }, fields })
      expect(moved.status).toBe(200)
    }
    const seen = async () => {
      const as = await site.signIn('crimson-user')
      const paths = ['/usage?by=key', '/usage/requests', '/usage/export', '/overview', '/audit']
      const answers = await Promise.all(
        paths.map((of) => site.call('GET', `/admin/v1${of}`, { as })),
      )
      expect(answers.map(({ status }) => status)).toEqual(paths.map(() => 200))
      return answers.map(({ text }) => /crimsonkey|crimson-request/.test(text))
    }
    expect(await seen()).toEqual([true, true, true, true, true])
    await move('azure')
    expect(await seen()).toEqual([false, false, false, false, false])
    await move(word)
  })

  test('an admin of a team becomes one of everything by a proof alone', async () => {
    const as = await site.signIn('adam')
    const path = '/admin/v1/people/azureadmin'
    const { etag } = (await site.call('GET', path, { as })).fields
    const fields = { 'if-match': String(etag) }
    const moved = await site.call('PATCH', path, { as, body: { team: null }, fields })
    expect(moved).toMatchObject({ status: 403, body: { act: 'person.role' } })
  })

  test('is for no name of somebody outside of the team', async () => {
    const as = await site.signIn('azure-admin')
    const put = async (id: string, user: string) => {
      const body = { ...key, user }
      return await site.call('PUT', `/admin/v1/keys/${id}`, { as, body, fields: headers })
    }
    // The owner is of no team; the other is a user of keys of another one.
    const [foreign, unseen] = [
      await put('azurekey02', 'olga'),
      await put('azurekey02', 'crimson-user'),
    ]
    expect([foreign.body.reason, unseen.body.reason]).toEqual(['exists', 'exists'])
    const made = await put('azurekey02', 'azure-member')
    expect(made.status).toBe(201)
    const fields = { 'if-match': String(made.fields['etag']) }
    const path = '/admin/v1/keys/azurekey02'
    const named = await site.call('PATCH', path, { as, body: { user: 'olga' }, fields })
    expect(named.body.reason).toBe('exists')
    const proof = { 'x-gatekeeper-step-up': await site.prove(as, 'person.invite') }
    const body = { name: 'crimson-bot', role: 'member' }
    const invited = await site.call('POST', '/admin/v1/invitations', { as, body, fields: proof })
    expect(invited.body.reason).toBe('exists')
  })

  test.each(['azure-admin', 'azure-member'])(
    'by %s has no id with a past of others',
    async (who) => {
      const as = await site.signIn(who)
      const body = { ...key, user: who }
      const made = await site.call('PUT', '/admin/v1/keys/goneecrims', {
        as,
        body,
        fields: headers,
      })
      expect(made.body.reason).toBe('exists')
      const { body: seen } = await site.call('GET', '/admin/v1/usage/requests?key=key:goneecrims', {
        as,
      })
      expect(seen.items).toEqual([])
      const client = { as, body: { services: ['ollama'] }, fields: headers }
      const gone = await site.call('PUT', '/admin/v1/clients/gone-ci', client)
      expect(gone.status).toBe(who === 'azure-admin' ? 409 : 403)
    },
  )

  test('under a taken id or name changes nothing of whoever has it', async () => {
    const as = await site.signIn('azure-admin')
    const before = await contents()
    const fields = { ...headers, 'x-gatekeeper-step-up': await site.prove(as, 'person.invite') }
    for (const [method, path, body] of [
      ['PUT', '/keys/crimsonkey', key],
      ['PUT', '/clients/crimson-ci', { services: ['ollama'] }],
      ['POST', '/invitations', { name: 'crimson-new', role: 'member' }],
    ] as const) {
      const answer = await site.call(method, `/admin/v1${path}`, { as, body, fields })
      expect(answer.body?.reason, path).toBe('exists')
      expect(answer.text).not.toContain(word)
    }
    expect(await contents()).toBe(before)
  })
})
