import { readFile, writeFile } from 'node:fs/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openApi, type TestApi } from '../../../../test/support/open-api.ts'
import { keyEndpoints } from './endpoints.ts'

let api: TestApi
let asked: unknown[]
let standings: Record<string, unknown>
beforeEach(async () => {
  asked = []
  standings = {}
  api = await openApi({
    rows: keyEndpoints,
    askGatekeeper: async (path, question) => {
      asked.push([path, question])
      return { status: 200, document: { keys: standings, clients: {} } }
    },
  })
})
afterEach(() => api.close())

const creation = { 'if-none-match': '*' }
const body = {
  ...{ user: 'kitchen', services: ['chat'], expiresAt: '2027-02-28T00:00:00Z' },
}

async function make(name: string, id: string, members: object = {}) {
  const made = await api.as(name)(`PUT /keys/${id}`, {
    body: { ...body, ...members },
    headers: creation,
  })
  expect(made.body, made.text).toMatchObject({ id })
  return made
}

describe('201', () => {
  test('a key is made under the id of its caller, and its secret stands in this answer alone', async () => {
    const made = await make('olga', 'abcde01234', { description: 'a display' })
    expect(made).toMatchObject({
      status: 201,
      body: {
        ...{ id: 'abcde01234', user: 'kitchen', role: 'readwrite', services: ['ollama'] },
        ...{ madeBy: 'olga000000', madeByName: 'olga', state: 'active' },
        expiresAt: '2027-02-28T00:00:00.000Z',
        key: expect.stringMatching(/^gk_abcde01234_/),
      },
    })
    const secret = made.body.key.slice(14)
    const list = await api.as('olga')('GET /keys')
    const one = await api.as('olga')('GET /keys/abcde01234')
    const file = await readFile(api.installation.file, 'utf8')
    const hash = JSON.parse(file).keys.abcde01234.secrets[0].sha256
    for (const text of [list.text, one.text, file, JSON.stringify(await api.acts())]) {
      expect(text).not.toContain(secret)
    }
    for (const text of [made.text, list.text, one.text, one.etag ?? '']) {
      expect(text).not.toContain(hash.slice(0, 12))
    }
  })

  test('a key takes the four members of other gateways', async () => {
    const made = await make('olga', 'abcde01234', {
      ...{ usageLimit: '100usd/lifetime', rateLimit: '60/min' },
      ...{ allowedModels: ['llama3*'], allowedIPs: ['192.168.1.0/24'] },
    })
    expect(made.body).toMatchObject({
      ...{ models: ['llama3*'], addresses: ['192.168.1.0/24'] },
      limits: [
        { text: '100usd/lifetime', unit: 'micro-usd', limit: 100_000_000 },
        { text: '60/min', unit: 'requests', limit: 60 },
      ],
    })
  })

  test('a key without an end keeps the reason for it', async () => {
    const members = { expiresAt: null, noExpiryReason: 'a wall display' }
    const made = await make('olga', 'abcde01234', members)
    expect(made.body).toMatchObject({ expiresAt: null, noExpiryReason: 'a wall display' })
  })

  test('a member makes a key for themselves without saying whose it is', async () => {
    const made = await make('mia', 'abcde01234', { user: undefined, services: ['ollama'] })
    expect(made.body).toMatchObject({ user: 'mia', madeBy: 'mia0000000' })
  })
})

describe('200', () => {
  test('a list has counts, limits with what is used, and pages by cursor', async () => {
    for (const id of ['aaaaa00000', 'bbbbb00000', 'ccccc00000']) {
      await make('olga', id, { user: `u-${id}`, limits: ['60/min', '2-concurrent'] })
    }
    const standing = { scope: 'key', text: '60/min', unit: 'requests', limit: 60 }
    standings['aaaaa00000'] = [{ ...standing, used: 50, remaining: 10, resetsAt: null }]
    const first = await api.as('audrey')('GET /keys?limit=2')
    expect(first.body).toMatchObject({
      items: [{ id: 'aaaaa00000' }, { id: 'bbbbb00000' }],
      total: 3,
      counts: { all: 3, active: 3, disabled: 0 },
    })
    expect(first.body.items[0].limits).toEqual([
      { text: '60/min', used: 50, limit: 60, unit: 'requests', resetsAt: null },
      { text: '2-concurrent', used: null, limit: 2, unit: 'concurrent', resetsAt: null },
    ])
    const rest = await api.as('audrey')(`GET /keys?limit=2&cursor=${first.body.next}`)
    expect(rest.body).toMatchObject({ items: [{ id: 'ccccc00000' }], next: null, total: 3 })
    const back = await api.as('audrey')('GET /keys?sort=-id&limit=1')
    expect(back.body.items[0].id).toBe('ccccc00000')
    const found = await api.as('audrey')('GET /keys?q=U-BBB')
    expect(found.body.items).toMatchObject([{ id: 'bbbbb00000' }])
  })

  test('states, user, service and tag narrow the list, and counts stay those of the rest', async () => {
    await make('olga', 'aaaaa00000', {
      ...{ user: 'ada', tags: ['env=prod'], expiresAt: '2028-01-01T00:00:00Z' },
    })
    await make('olga', 'bbbbb00000', { user: 'eve', services: ['tts'] })
    await make('olga', 'ccccc00000', { expiresAt: '2026-12-05T00:00:00Z' })
    const { etag } = await api.as('olga')('GET /keys/bbbbb00000')
    const headers = { 'if-match': etag ?? '' }
    await api.as('olga')('PATCH /keys/bbbbb00000', { body: { disabled: true }, headers })
    const idsOf = async (query: string) => {
      const { items } = (await api.as('olga')(`GET /keys?${query}`)).body
      return items.map(({ id }: { id: string }) => id).toSorted()
    }
    expect(await idsOf('state=disabled')).toEqual(['bbbbb00000'])
    expect(await idsOf('state=expiring')).toEqual(['ccccc00000'])
    expect(await idsOf('state=active')).toEqual(['aaaaa00000', 'ccccc00000'])
    expect(await idsOf('user=ada')).toEqual(['aaaaa00000'])
    expect(await idsOf('service=tts')).toEqual(['bbbbb00000'])
    expect(await idsOf('tag=env')).toEqual(['aaaaa00000'])
    const { counts } = (await api.as('olga')('GET /keys?state=disabled')).body
    expect(counts).toMatchObject({ all: 3, active: 2, expiring: 1, disabled: 1 })
    expect(await idsOf('state=unused')).toEqual([])
    // Nothing was used: what still works after 90 days counts as unused.
    api.pass(90 * 86_400_000)
    await api.signIn('olga')
    expect(await idsOf('state=unused')).toEqual(['aaaaa00000'])
  })

  test('a member learns of the services that they may use, and an owner which of all those are', async () => {
    const own = (await api.as('mia')('GET /key-choices')).body
    expect(own).toMatchObject({
      services: [{ name: 'ollama', routes: [{ prefix: '/chat' }], isUsable: true }],
      roles: ['readonly', 'readwrite'],
    })
    const all = (await api.as('olga')('GET /key-choices')).body
    expect(all.services).toMatchObject([
      { name: 'ollama', isUsable: true },
      { name: 'tts', isUsable: true },
      { name: 'control', isUsable: false },
    ])
    expect((await api.as('nora')('GET /key-choices')).body.services).toEqual([])
  })

  test('a change names members, null takes one back, and the rest stays', async () => {
    await make('olga', 'abcde01234', { limits: ['60/min'], weight: 3, tags: ['a'] })
    const { etag } = await api.as('olga')('GET /keys/abcde01234')
    const changed = await api.as('olga')('PATCH /keys/abcde01234', {
      body: { limits: null, weight: null, models: ['llama3*'], caps: { outputTokens: 4096 } },
      headers: { 'if-match': etag ?? '' },
    })
    expect(changed).toMatchObject({
      status: 200,
      body: { limits: [], weight: null, models: ['llama3*'], tags: ['a'], user: 'kitchen' },
    })
    expect(changed.body.caps.outputTokens).toBe(4096)
    expect(changed.etag).not.toBe(etag)
    expect((await api.as('olga')('GET /keys/abcde01234')).etag).toBe(changed.etag)
  })

  test('an end drops the reason for none', async () => {
    await make('olga', 'abcde01234', { expiresAt: null, noExpiryReason: 'a wall display' })
    const { etag } = await api.as('olga')('GET /keys/abcde01234')
    const changed = await api.as('olga')('PATCH /keys/abcde01234', {
      body: { expiresAt: '2027-01-01T00:00:00Z' },
      headers: { 'if-match': etag ?? '' },
    })
    expect(changed.body).toMatchObject({ noExpiryReason: null })
  })

  test('a rotation with an overlap shows the new secret, and until when the old one works', async () => {
    const made = await make('olga', 'abcde01234')
    const rotated = await api.as('olga')('POST /keys/abcde01234/rotate', {
      body: { overlapHours: 24 },
    })
    expect(rotated).toMatchObject({
      status: 200,
      body: {
        ...{ id: 'abcde01234', state: 'rotating', oldWorksUntil: '2026-12-01T12:00:00.000Z' },
        rotation: { oldUntil: '2026-12-01T12:00:00.000Z' },
        key: expect.stringMatching(/^gk_abcde01234_/),
      },
    })
    expect(rotated.body.key).not.toBe(made.body.key)
  })

  test('a key says that the person who made it stops it', async () => {
    await make('mia', 'abcde01234', { user: 'mia', services: ['ollama'] })
    const { peopleFile } = api.installation
    const document = JSON.parse(await readFile(peopleFile, 'utf8'))
    document.people.mia0000000.disabled = true
    await writeFile(peopleFile, JSON.stringify(document))
    await api.deps.people.reload()
    const { body: shown } = await api.as('olga')('GET /keys/abcde01234')
    expect(shown).toMatchObject({ madeByName: 'mia', makerProblem: 'disabled', state: 'active' })
  })

  test('many keys are disabled in one change, with a result for each', async () => {
    await make('olga', 'aaaaa00000')
    await make('olga', 'bbbbb00000')
    const ids = ['aaaaa00000', 'zzzzz00000', 'bbbbb00000']
    const done = await api.as('adam')('POST /keys/disable', { body: { ids } })
    expect(done.body.results).toEqual([
      { id: 'aaaaa00000', result: 'disabled' },
      { id: 'zzzzz00000', result: 'not_found' },
      { id: 'bbbbb00000', result: 'disabled' },
    ])
    expect((await api.as('olga')('GET /keys?state=disabled')).body.total).toBe(2)
  })

  test('what is done is on record with the person who did it', async () => {
    await make('olga', 'abcde01234')
    const removed = await api.as('adam')('DELETE /keys/abcde01234')
    expect(removed.status).toBe(204)
    const acts = await api.acts()
    expect(acts.map(({ event, key, principal }) => [event, key, principal])).toEqual([
      ['key.added', 'abcde01234', expect.anything()],
      ['key.removed', 'abcde01234', expect.anything()],
    ])
    expect(acts[0].principal).not.toEqual(acts[1].principal)
  })
})

describe('400', () => {
  test.each([
    [{ services: ['olama'] }, 'services.0', /no such service.*did you mean ollama/],
    [{ services: [] }, 'services', /names no service/],
    [{ limits: ['60 a minute'] }, 'limits', /invalid limit at position 1/],
    [{ addresses: ['home'] }, 'addresses', /addresses or ranges/],
    [{ origins: ['https://evil.example'] }, 'origins', /allow only https:\/\/app.example/],
    [{ models: [''] }, 'models.0', /./],
    [{ tags: ['a b'] }, 'tags', /tags such as/],
    [{ expiresAt: '2020-01-01T00:00:00Z' }, 'expiresAt', /in the past/],
    [{ expiresAt: 'soon' }, 'expiresAt', /instant/],
    [{ expiresAt: null }, 'expiresAt', /noExpiryReason/],
    [{ noExpiryReason: 'both' }, 'noExpiryReason', /without an end/],
    [{ services: ['control'] }, 'services', /role admin/],
    [{ usageLimit: '100usd/month' }, 'usageLimit', /usd\/lifetime/],
    [{ rateLimit: '60/hour' }, 'rateLimit', /60\/min/],
    [{ models: ['a'], allowedModels: ['b'] }, 'allowedModels', /another name of models/],
    [{ weight: 101 }, 'weight', /./],
    [{ key: 'gk_x' }, '', /not known/],
  ])('%j', async (members, path, message) => {
    const proof = await api.prove('olga', 'client.control', 'abcde01234')
    const answer = await api.as('olga')('PUT /keys/abcde01234', {
      body: { ...body, ...members },
      headers: { ...creation, ...proof },
    })
    expect(answer).toMatchObject({ status: 400, body: { reason: 'invalid' } })
    const found = answer.body.problems.find((problem: { path: string }) => problem.path === path)
    expect(found?.message, answer.text).toMatch(message)
    expect((await api.as('olga')('GET /keys')).body.total).toBe(0)
  })

  test('a change is judged as a whole: a role below what a service needs, an id that is no id', async () => {
    await make('olga', 'abcde01234')
    const { etag } = await api.as('olga')('GET /keys/abcde01234')
    const headers = { 'if-match': etag ?? '' }
    const wrong = await api.as('olga')('PATCH /keys/abcde01234', {
      body: { limits: ['x'] },
      headers,
    })
    expect(wrong).toMatchObject({ status: 400, body: { problems: [{ path: 'limits' }] } })
    const short = await api.as('olga')('PUT /keys/short', { body, headers: creation })
    expect(short.status).toBe(400)
  })
})

describe('403', () => {
  test('an auditor changes nothing', async () => {
    await make('olga', 'abcde01234')
    const ids = ['abcde01234']
    for (const answer of [
      await api.as('audrey')('PUT /keys/bbbbb00000', { body, headers: creation }),
      await api.as('audrey')('PATCH /keys/abcde01234', { body: { disabled: true } }),
      await api.as('audrey')('DELETE /keys/abcde01234'),
      await api.as('audrey')('POST /keys/abcde01234/rotate', { body: {} }),
      await api.as('audrey')('POST /keys/disable', { body: { ids } }),
    ]) {
      expect(answer).toMatchObject({ status: 403, body: { reason: 'role' } })
    }
  })

  test.each([
    ['mia', { user: 'olga' }, 'user'],
    ['mia', { role: 'admin' }, 'role'],
    ['mia', { services: ['tts'] }, 'services.0'],
    ['mia', { models: ['gpt*'] }, 'models.0'],
    ['mia', { cloudModels: true }, 'cloudModels'],
    ['mia', { weight: 50 }, 'weight'],
    ['max', { role: 'admin', services: ['control'] }, 'services.0'],
  ])('%s gives a key no more than they have: %j', async (name, members, path) => {
    const proof = await api.prove(name, 'client.control', 'abcde01234')
    const own = { user: name, services: ['ollama'] }
    const answer = await api.as(name)('PUT /keys/abcde01234', {
      body: { ...body, ...own, ...members },
      headers: { ...creation, ...proof },
    })
    expect(answer).toMatchObject({ status: 403, body: { reason: 'role' } })
    expect(answer.body.problems.map((problem: { path: string }) => problem.path)).toContain(path)
  })

  test('a person without access makes no key', async () => {
    const own = { ...body, user: 'nora' }
    const answer = await api.as('nora')('PUT /keys/abcde01234', { body: own, headers: creation })
    expect(answer).toMatchObject({ status: 403, body: { reason: 'role' } })
  })

  test('a key that administers needs a proof for this act and id', async () => {
    const members = { role: 'admin', services: ['control'] }
    const send = (headers: Record<string, string>) =>
      api.as('olga')('PUT /keys/abcde01234', {
        body: { ...body, ...members },
        headers: { ...creation, ...headers },
      })
    const none = await send({})
    expect(none).toMatchObject({ status: 403, body: { reason: 'step_up_required' } })
    const other = await send(await api.prove('olga', 'client.control', 'bbbbb00000'))
    expect(other.status).toBe(403)
  })

  test('the secret of a key that administers is given anew with a proof alone', async () => {
    await make('olga', 'abcde01234', { role: 'admin' })
    const text = await readFile(api.installation.file, 'utf8')
    await writeFile(api.installation.file, text.replace('"ollama"', '"control"'))
    await api.deps.keys.reload()
    for (const who of ['olga', 'adam']) {
      const rotate = async (headers: Record<string, string>) =>
        await api.as(who)('POST /keys/abcde01234/rotate', { body: {}, headers })
      expect(await rotate({})).toMatchObject({ status: 403, body: { act: 'client.control' } })
      const proven = await rotate(await api.prove(who, 'client.control', 'abcde01234'))
      expect(proven.status).toBe(200)
    }
  })

  test('a rotation needs a sign-in of the last ten minutes', async () => {
    await make('olga', 'abcde01234')
    api.pass(10 * 60_000 + 1)
    const late = await api.as('olga')('POST /keys/abcde01234/rotate', { body: {} })
    expect(late).toMatchObject({ status: 403, body: { reason: 'recent_sign_in_required' } })
    await api.signIn('olga')
    const again = await api.as('olga')('POST /keys/abcde01234/rotate', { body: {} })
    expect(again.status).toBe(200)
  })

  test('a member does not enable what was disabled: its secret may be known to others', async () => {
    await make('mia', 'abcde01234', { user: 'mia' })
    await api.as('olga')('POST /keys/disable', { body: { ids: ['abcde01234'] } })
    const { etag } = await api.as('mia')('GET /keys/abcde01234')
    const answer = await api.as('mia')('PATCH /keys/abcde01234', {
      body: { disabled: false },
      headers: { 'if-match': etag ?? '' },
    })
    expect(answer.status).toBe(403)
  })
})

describe('404', () => {
  test('keys of others are for a member like keys that do not exist', async () => {
    await make('olga', 'abcde01234', { user: 'mia' })
    await make('max', 'maxkey0000', { user: 'max', services: ['tts'] })
    await make('mia', 'miakey0000', { user: 'mia' })
    const list = (await api.as('mia')('GET /keys')).body
    expect(list).toMatchObject({ total: 1, counts: { all: 1 }, items: [{ id: 'miakey0000' }] })
    const { etag } = await api.as('olga')('GET /keys/abcde01234')
    const headers = { 'if-match': etag ?? '' }
    const answersFor = async (id: string) => [
      await api.as('mia')(`GET /keys/${id}`),
      await api.as('mia')(`PATCH /keys/${id}`, { body: { disabled: true }, headers }),
      await api.as('mia')(`DELETE /keys/${id}`, { headers }),
      await api.as('mia')(`POST /keys/${id}/rotate`, { body: {} }),
    ]
    const unknown = await answersFor('zzzzz00000')
    for (const id of ['abcde01234', 'maxkey0000']) {
      const answers = await answersFor(id)
      for (const [at, answer] of answers.entries()) {
        expect(answer.status).toBe(404)
        const { requestId: _, ...problem } = answer.body
        const { requestId: __, ...other } = unknown.at(at)?.body ?? {}
        expect(problem).toEqual(other)
      }
    }
    const bulk = await api.as('mia')('POST /keys/disable', { body: { ids: ['abcde01234'] } })
    expect(bulk.body.results).toEqual([{ id: 'abcde01234', result: 'not_found' }])
    expect((await api.as('olga')('GET /keys?state=disabled')).body.total).toBe(0)
  })
})

describe('409', () => {
  test('an id is given once', async () => {
    const made = await make('olga', 'abcde01234')
    const again = await api.as('olga')('PUT /keys/abcde01234', { body, headers: creation })
    expect(again.body.reason).toBe('exists')
    expect(again.text).not.toContain(made.body.key)
  })

  test('a member has twenty keys at most, however many are asked for at once', async () => {
    const own = { ...body, user: 'mia', services: ['ollama'] }
    const ids = Array.from({ length: 25 }, (_, at) => `mia${String(at).padStart(7, '0')}`)
    const answers = await Promise.all(
      ids.map((id) => api.as('mia')(`PUT /keys/${id}`, { body: own, headers: creation })),
    )
    const statuses = answers.map(({ status }) => status)
    expect(statuses.filter((status) => status === 201)).toHaveLength(20)
    expect(statuses.filter((status) => status === 409)).toHaveLength(5)
  })

  test('a file that a person broke is left as it is', async () => {
    await make('olga', 'abcde01234')
    await writeFile(api.installation.file, '{"version":1,"keys":{')
    const answer = await api.as('olga')('PUT /keys/bbbbb00000', { body, headers: creation })
    expect(answer).toMatchObject({ status: 409, body: { reason: 'conflict' } })
    expect(await readFile(api.installation.file, 'utf8')).toBe('{"version":1,"keys":{')
  })
})

describe('412 and 428', () => {
  test('a change must say which state was seen, and that must be the state of now', async () => {
    await make('olga', 'abcde01234')
    const { etag } = await api.as('olga')('GET /keys/abcde01234')
    const change = { disabled: true }
    const none = await api.as('olga')('PATCH /keys/abcde01234', { body: change })
    expect(none).toMatchObject({ status: 428, body: { reason: 'precondition_required' } })
    const headers = { 'if-match': etag ?? '' }
    const seen = { body: { description: 'x' }, headers }
    expect((await api.as('adam')('PATCH /keys/abcde01234', seen)).status).toBe(200)
    const late = await api.as('olga')('PATCH /keys/abcde01234', { body: change, headers })
    expect(late).toMatchObject({ status: 412, body: { reason: 'changed' } })
    const removal = await api.as('olga')('DELETE /keys/abcde01234', { headers })
    expect(removal.status).toBe(412)
  })

  test('of many changes of one state at a time one is made', async () => {
    await make('olga', 'abcde01234')
    const { etag } = await api.as('olga')('GET /keys/abcde01234')
    const headers = { 'if-match': etag ?? '' }
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, at) =>
        api.as(at % 2 === 0 ? 'olga' : 'adam')('PATCH /keys/abcde01234', {
          body: { description: `change ${at}` },
          headers,
        }),
      ),
    )
    const statuses = answers.map(({ status }) => status)
    expect(statuses.filter((status) => status === 200)).toHaveLength(1)
    expect(statuses.filter((status) => status === 412)).toHaveLength(19)
  })

  test('a creation must say that it is one', async () => {
    const answer = await api.as('olga')('PUT /keys/abcde01234', { body })
    expect(answer).toMatchObject({ status: 428 })
  })
})
