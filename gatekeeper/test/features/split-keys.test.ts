/** P8–P10: users of apps bring keys of providers, of which nothing here can be opened alone. */
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fetch } from 'undici'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { runKeys } from '../../../scripts/test/run-keys.ts'
import { reasons } from '../../src/model/reason.ts'
import { addSplitKey } from '../../src/operations/vault/split-key-writer.ts'
import { makeKey } from '../support/keys.ts'
import { testCaddy } from '../support/stack.ts'
import { type AppStack, type Sent, startAppStack } from './support/app-stack.ts'

const keyOf = (name: string) => `sk-proj-of-${name}-0123456789abcdef`
const serverKey = 'gsk-of-the-operator-0123456789'
/** An API key whose user has the name of a user of the app. */
const forged = makeKey({ user: 'shop:ada-lovelace', services: ['openai', 'groq'] })

describe.skipIf(testCaddy === null)('P8-P10: split keys', () => {
  let apps: AppStack
  let ada: string
  let eve: string
  let turn = 0
  beforeAll(async () => {
    apps = await startAppStack({
      keys: [forged],
      env: { GROQ_API_KEY: serverKey },
      config: ['origins: ["https://app.example"]'],
    })
    ada = await apps.tokenOf('ada-lovelace')
    eve = await apps.tokenOf('eve-online')
  })
  afterAll(() => apps?.stop())
  const usual = () => apps.provider.answer
  let answer: AppStack['provider']['answer']
  beforeEach(() => {
    answer ??= usual()
    apps.provider.answer = answer
    apps.seen.length = 0
  })

  /** Another user of the app, who has the 10 splits of a minute left. */
  const someone = () => apps.tokenOf(`someone-${turn++}`)
  const split = (token: string, json: object = {}) =>
    apps.send('/api/split-key/split', {
      key: token,
      json: { originalKey: keyOf('ada'), apiProvider: 'openai', ...json },
    })
  const splitFor = async (token: string, json: object = {}) => {
    const { status, json: body } = await split(token, json)
    expect([status, body.success]).toEqual([201, true])
    return body.data as { keyId: string; clientPart: string; createdAt: string }
  }
  const fieldsOf = ({ keyId, clientPart }: { keyId: string; clientPart: string }) => ({
    'x-partial-key-id': keyId,
    'x-partial-key': clientPart,
  })
  const use = (token: string, headers: Record<string, string>, path = '/openai/v1/models') =>
    apps.send(path, { key: token, headers })
  const credential = () => apps.seen.at(-1)?.headers.authorization
  const at = (id: string, act = '') => `/api/split-key/${id}${act}`

  it('splits a key: 201 with the id, the part, and what to send', async () => {
    const { status, json, headers } = await split(ada, { keyId: 'mine-0001', description: 'home' })
    expect(status).toBe(201)
    expect(json).toEqual({
      ...{ success: true, message: expect.any(String) },
      data: {
        ...{ keyId: 'mine-0001', apiProvider: 'openai', algorithm: 'AES-256-GCM' },
        clientPart: expect.stringMatching(/^gkp1_mine-0001_[A-Za-z0-9_-]{43}$/),
        createdAt: expect.stringMatching(/^\d{4}-.*Z$/),
        instructions: expect.stringContaining('X-Partial-Key-Id: mine-0001'),
      },
    })
    expect(headers['cache-control']).toBe('no-store')
    expect((await splitFor(ada)).keyId).toMatch(/^sk-[A-Za-z0-9_-]{24}$/)
  })

  it('P10: a provider without a key of the server is called with the key of the user', async () => {
    const made = await splitFor(await someone())
    expect((await use(ada, {})).status).toBe(503)
    expect(apps.seen).toEqual([])
    const mine = await splitFor(ada)
    expect((await use(ada, fieldsOf(mine))).status).toBe(200)
    expect(credential()).toBe(`Bearer ${keyOf('ada')}`)
    expect(made.keyId).not.toBe(mine.keyId)
    const seen = JSON.stringify(apps.seen)
    expect(seen).not.toContain(mine.clientPart.slice(-43))
    expect(seen).not.toMatch(/partial/i)
  })

  it('P10: a provider with a key of the server is called with the key of the user', async () => {
    const token = await someone()
    expect((await use(token, {}, '/groq/openai/v1/models')).status).toBe(200)
    expect(credential()).toBe(`Bearer ${serverKey}`)
    const mine = await splitFor(token, { apiProvider: 'groq' })
    expect((await use(token, fieldsOf(mine), '/groq/openai/v1/models')).status).toBe(200)
    expect(credential()).toBe(`Bearer ${keyOf('ada')}`)
    const claude = await splitFor(token, { apiProvider: 'claude' })
    await use(token, fieldsOf(claude), '/claude/v1/models')
    expect(apps.seen.at(-1)?.headers['x-api-key']).toBe(keyOf('ada'))
  })

  it('P10: it is used through /api/PROVIDER in the same way', async () => {
    const token = await someone()
    const mine = await splitFor(token)
    const headers = fieldsOf(mine)
    const messages = [{ role: 'user', content: 'Hi' }]
    const json = { model: 'gpt-4o-mini', messages }
    const sent = [
      await apps.send('/api/openai', { key: token, headers, json }),
      await apps.send('/api/openai/proxy', {
        ...{ key: token, headers, json: { endpoint: '/chat/completions', ...json } },
      }),
      await apps.send('/api/openai/proxy?endpoint=/models', { key: token, headers }),
      await use(token, headers),
    ]
    expect(sent.map(({ status }) => status)).toEqual([200, 200, 200, 200])
    const credentials = apps.seen.map((one) => one.headers.authorization)
    expect(credentials).toEqual(sent.map(() => `Bearer ${keyOf('ada')}`))
    const path = '/api/openai/proxy?endpoint=/models'
    const wrong = { 'x-partial-key-id': mine.keyId, 'x-partial-key': 'x' }
    const refused = await apps.send(path, { key: token, headers: wrong })
    expect([refused.status, refused.json.error]).toEqual([401, 'Invalid split key'])
    expect(refused.headers['www-authenticate']).toContain('Bearer')
    const half = await apps.send(path, { key: token, headers: { 'x-partial-key': 'x' } })
    expect([half.status, half.json.error]).toEqual([400, 'Validation Error'])
    expect(apps.seen).toHaveLength(4)
    const { useCount } = (await apps.send(at(mine.keyId), { key: token })).json.data
    // The request with a wrong part did not use it.
    expect(useCount).toBe(4)
  })

  it('lists the caller’s own keys without any part of them, and counts their use', async () => {
    const token = await someone()
    const before = Date.now()
    const mine = await splitFor(token, { keyId: 'listed-0001', description: 'at home' })
    const unused = await splitFor(token)
    for (let count = 0; count < 3; count++) await use(token, fieldsOf(mine))
    const { json, text } = await apps.send('/api/split-key', { key: token })
    expect(json).toEqual({
      success: true,
      data: [
        {
          ...{ keyId: 'listed-0001', apiProvider: 'openai', description: 'at home', version: 1 },
          ...{ isActive: true, useCount: 3, lastUsedAt: expect.any(String) },
          createdAt: mine.createdAt,
        },
        expect.objectContaining({
          ...{ keyId: unused.keyId, useCount: 0, lastUsedAt: null, description: null },
        }),
      ],
    })
    const [{ lastUsedAt }] = json.data
    expect(Date.parse(lastUsedAt)).toBeGreaterThanOrEqual(before)
    for (const part of [mine.clientPart.slice(-43), keyOf('ada').slice(8)])
      expect(text).not.toContain(part)
    const one = await apps.send(at('listed-0001'), { key: token })
    expect(one.json.data).toEqual(json.data[0])
    // A use is not a change of the document.
    expect(readFileSync(document(), 'utf8')).not.toContain('useCount')
  })
  const document = () => join(dirname(apps.stack.keysFile), 'split-keys.json')

  it('others see nothing of it: 404 as for an id that does not exist', async () => {
    const mine = await splitFor(ada, { keyId: 'private-0001' })
    const asked = async (token: string, id: string) =>
      await Promise.all([
        apps.send(at(id), { key: token }),
        apps.send(at(id), { key: token, method: 'DELETE' }),
        apps.send(at(id, '/validate'), { key: token, json: { clientPart: mine.clientPart } }),
        apps.send(at(id, '/rotate'), { key: token, json: { clientPart: mine.clientPart } }),
      ])
    const shown = ({ status, json }: Sent) => [status, json]
    const others = (await asked(eve, 'private-0001')).map(shown)
    expect(others).toEqual((await asked(eve, 'no-such-key')).map(shown))
    for (const [status] of others) expect(status).toBe(404)
    expect((await apps.send('/api/split-key', { key: eve })).json.data).toEqual([])
    // Two users may choose the same id, and have two keys.
    const other = await splitFor(eve, { keyId: 'private-0001', originalKey: keyOf('eve') })
    await use(eve, fieldsOf(other))
    expect(credential()).toBe(`Bearer ${keyOf('eve')}`)
    await use(ada, fieldsOf(mine))
    expect(credential()).toBe(`Bearer ${keyOf('ada')}`)
  })

  it('P10: wherever it does not belong it is 401, and the provider is not called', async () => {
    const mine = await splitFor(ada, { keyId: 'bound-00001' })
    const fields = fieldsOf(mine)
    const wrong: readonly [string, Promise<Sent>][] = [
      ['another user', use(eve, fields)],
      ['another provider', use(ada, fields, '/groq/openai/v1/models')],
      ['another id', use(ada, { ...fields, 'x-partial-key-id': 'mine-0001' })],
      ['an id that is none', use(ada, { ...fields, 'x-partial-key-id': 'x y' })],
      ['a wrong part', use(ada, { ...fields, 'x-partial-key': `${mine.clientPart}x` })],
      [
        'the parts swapped',
        use(ada, { 'x-partial-key-id': mine.clientPart, 'x-partial-key': 'a' }),
      ],
      ['an API key whose user has that name', use(forged.key, fields)],
      ['a public app', use(await apps.publicToken(), fields)],
    ]
    for (const [name, sent] of wrong) {
      const { status, json, headers } = await sent
      expect([name, status, json.error.code]).toEqual([name, 401, 'invalid_split_key'])
      expect(headers['www-authenticate']).toContain('Bearer')
    }
    expect(apps.seen).toEqual([])
    expect(reasons['split-key-refused'].status).toBe(401)
  })

  it('P10: one field alone, or twice, is 400: the server’s key is never used instead', async () => {
    const mine = await splitFor(await someone())
    const { 'x-partial-key-id': id, 'x-partial-key': part } = fieldsOf(mine)
    const path = '/groq/openai/v1/models'
    for (const headers of [
      { 'x-partial-key-id': id },
      { 'x-partial-key': part },
      { 'x-partial-key-id': id, 'x-partial-key': '' },
      { 'x-partial-key-id': [id, id], 'x-partial-key': part },
    ] as Record<string, string>[]) {
      const { status, json } = await apps.send(path, { key: ada, headers })
      expect([status, json.error.code]).toEqual([400, 'split_key_halved'])
    }
    expect(apps.seen).toEqual([])
    expect(reasons['split-key-halved'].status).toBe(400)
    const elsewhere = await apps.send('/api/tags', { key: forged.key, headers: fieldsOf(mine) })
    expect([elsewhere.status, elsewhere.text]).toEqual([400, expect.stringContaining('Partial')])
  })

  it('validates a part: 200 for its own, 400 for any other', async () => {
    const token = await someone()
    const mine = await splitFor(token, { keyId: 'checked-0001' })
    const ask = (clientPart: string) =>
      apps.send(at('checked-0001', '/validate'), { key: token, json: { clientPart } })
    const good = await ask(mine.clientPart)
    expect([good.status, good.json]).toEqual([200, { valid: true, keyId: 'checked-0001' }])
    for (const part of ['', 'x', `${mine.clientPart}x`, (await splitFor(token)).clientPart]) {
      const { status, json } = await ask(part)
      expect([status, json]).toEqual([400, { valid: false, keyId: 'checked-0001' }])
    }
  })

  it('rotates with its part: a new part, and the old one is dead at once', async () => {
    const token = await someone()
    const old = await splitFor(token, { keyId: 'turned-0001', description: 'kept' })
    const ask = (clientPart: string) =>
      apps.send(at('turned-0001', '/rotate'), { key: token, json: { clientPart } })
    const refused = await ask(`${old.clientPart}x`)
    expect([refused.status, refused.json.error]).toEqual([401, 'Invalid split key'])
    const { status, json } = await ask(old.clientPart)
    expect([status, json.data.keyId, json.data.createdAt]).toEqual([
      ...[200, 'turned-0001', old.createdAt],
    ])
    expect(json.data.clientPart).not.toBe(old.clientPart)
    expect((await use(token, fieldsOf(old))).status).toBe(401)
    expect((await use(token, fieldsOf(json.data))).status).toBe(200)
    expect(credential()).toBe(`Bearer ${keyOf('ada')}`)
    const row = (await apps.send(at('turned-0001'), { key: token })).json.data
    expect([row.version, row.description]).toEqual([2, 'kept'])
    // Of many at a time one wins, and its part is good.
    const all = await Promise.all(Array.from({ length: 8 }, () => ask(json.data.clientPart)))
    const won = all.filter((one) => one.status === 200)
    // One caller may have four handed over at a time.
    const others = all.filter((one) => ![200, 401, 409, 429].includes(one.status))
    expect([won.length, others]).toEqual([1, []])
    expect((await use(token, fieldsOf(won[0]?.json.data))).status).toBe(200)
  })

  it('is dead at once when it is removed', async () => {
    const token = await someone()
    const mine = await splitFor(token, { keyId: 'removed-001' })
    const { status, json } = await apps.send(at('removed-001'), { key: token, method: 'DELETE' })
    expect([status, json]).toEqual([200, { success: true, message: expect.any(String) }])
    expect((await use(token, fieldsOf(mine))).status).toBe(401)
    expect((await apps.send(at('removed-001'), { key: token })).status).toBe(404)
    // The same id again is another key, which was never used.
    const again = await splitFor(token, { keyId: 'removed-001' })
    expect((await use(token, fieldsOf(mine))).status).toBe(401)
    expect((await use(token, fieldsOf(again))).status).toBe(200)
  })

  it('a stream under way ends when its key is removed', async () => {
    const token = await someone()
    const mine = await splitFor(token, { keyId: 'streamed-01' })
    apps.provider.answer = (_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      const event = () => response.write('data: {"choices":[]}\n\n')
      const timer = setInterval(event, 20)
      response.on('close', () => clearInterval(timer))
    }
    const json = { model: 'gpt-4o-mini', messages: [], stream: true }
    const response = await fetch(`${apps.stack.url}/openai/v1/chat/completions`, {
      ...{ method: 'POST', body: JSON.stringify(json), dispatcher: apps.stack.dispatcher },
      headers: {
        ...{ authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        ...fieldsOf(mine),
      },
    })
    const reader = response.body?.getReader()
    expect((await reader?.read())?.done).toBe(false)
    await apps.send(at('streamed-01'), { key: token, method: 'DELETE' })
    const drain = async () => {
      while (!(await reader?.read())?.done);
    }
    await expect(drain()).rejects.toThrow('terminated')
  })

  it.each<[object, string]>([
    [{ originalKey: 'short' }, 'originalKey'],
    [{ originalKey: 'x'.repeat(513) }, 'originalKey'],
    [{ originalKey: 'has a space in it' }, 'originalKey'],
    [{ originalKey: undefined }, 'originalKey'],
    [{ apiProvider: 'acme' }, 'apiProvider'],
    [{ apiProvider: '__proto__' }, 'apiProvider'],
    [{ apiProvider: 'ollama' }, 'apiProvider'],
    [{ keyId: 'short' }, 'keyId'],
    [{ keyId: 'has a space' }, 'keyId'],
    [{ keyId: 'x'.repeat(41) }, 'keyId'],
    [{ description: 'x'.repeat(201) }, 'description'],
    [{ more: 1 }, ''],
    // A key in the wrong member would be stored in clear.
    [{ description: `it is ${keyOf('ada')}` }, 'description'],
    [{ originalKey: 'AIza0123456789', keyId: 'AIza0123456789' }, 'keyId'],
  ])('%j is 400 with the path of the fault', async (wrong, path) => {
    const { status, json } = await split(await someone(), wrong)
    expect([status, json.error, json.details?.[0]?.path]).toEqual([400, 'Validation Error', path])
    expect(JSON.stringify(json)).not.toContain(keyOf('ada'))
  })

  it('an id that the caller has is 409', async () => {
    const token = await someone()
    await splitFor(token, { keyId: 'twice-00001' })
    const { status, json } = await split(token, { keyId: 'twice-00001' })
    expect([status, json.error]).toEqual([409, 'Conflict'])
  })

  it('ten are split a minute, by each user', async () => {
    const token = await someone()
    const all: Sent[] = []
    for (let count = 0; count < 14; count++) all.push(await split(token))
    const statuses = all.map(({ status }) => status)
    expect(statuses.filter((status) => status === 201)).toHaveLength(10)
    const refused = all.find(({ status }) => status === 429)
    expect([refused?.json.error, refused?.headers['retry-after']]).toEqual([
      'Too Many Requests',
      '6',
    ])
    expect((await split(await someone())).status).toBe(201)
  })

  it('a user has 50 at most', async () => {
    const token = await apps.tokenOf('hoarder-01')
    const box = Buffer.alloc(64).toString('base64')
    const row = { provider: 'openai', origin: 'https://a.example', team: null, version: 1 }
    for (let count = 0; count < 49; count++) {
      const sealed = { ...row, id: `stored-${count + 100}`, kid: 'x', box, share: box }
      const deps = { clock: Date.now, record: async () => {} }
      await addSplitKey(document(), 'shop:hoarder-01', { ...sealed, description: null }, deps)
    }
    expect((await split(token)).status).toBe(201)
    const { status, json } = await split(token)
    expect([status, json.message]).toEqual([409, expect.stringContaining('50')])
  })

  it('is nothing for callers of a public app, for API keys, and without a token', async () => {
    const paths: readonly [string, object][] = [
      ['/api/split-key/split', { json: { originalKey: keyOf('x'), apiProvider: 'openai' } }],
      ['/api/split-key', {}],
      [at('mine-0001'), {}],
      [at('mine-0001'), { method: 'DELETE' }],
      [at('mine-0001', '/validate'), { json: { clientPart: 'x' } }],
      [at('mine-0001', '/rotate'), { json: { clientPart: 'x' } }],
    ]
    const anybody = await apps.publicToken()
    for (const [path, options] of paths) {
      const statuses = await Promise.all(
        [anybody, forged.key].map(
          async (key) => (await apps.send(path, { ...options, key })).status,
        ),
      )
      expect([path, ...statuses, (await apps.send(path, options)).status]).toEqual([
        ...[path, 403, 403, 401],
      ])
    }
  })

  it('a provider’s refusal of the user’s key is a 502 that says whose key it was', async () => {
    const mine = await splitFor(ada)
    for (const [status, body] of [
      [401, { error: { message: `Incorrect API key provided: ${keyOf('ada')}` } }],
      [403, { error: { message: 'no' } }],
      [400, { error: { message: 'API key not valid', code: 'invalid_api_key' } }],
    ] as const) {
      apps.provider.answer = (_, response) =>
        void response
          .writeHead(status, { 'content-type': 'application/json' })
          .end(JSON.stringify(body))
      const sent = await use(ada, fieldsOf(mine))
      expect([sent.status, sent.json.error.code]).toEqual([502, 'upstream_rejected_split_key'])
      expect(sent.text).not.toContain(keyOf('ada'))
    }
    expect(reasons['upstream-rejected-split-key'].status).toBe(502)
  })

  it('P10: a preflight allows both fields at a provider', async () => {
    const { headers } = await apps.send('/openai/v1/models', {
      method: 'OPTIONS',
      headers: {
        origin: 'https://app.example',
        'access-control-request-method': 'GET',
        'access-control-request-headers': 'authorization,x-partial-key,x-partial-key-id',
      },
    })
    const allowed = String(headers['access-control-allow-headers']).toLowerCase()
    expect(allowed).toMatch(/x-partial-key-id/)
    expect(allowed).toMatch(/x-partial-key(?!-)/)
  })

  it('keeps its part when the vault’s key is rotated and everything is sealed again', async () => {
    const token = await someone()
    const mine = await splitFor(token)
    const vault = (...words: string[]) =>
      runKeys('', words, { program: 'vault', env: apps.stack.env })
    expect((await vault('rotate')).code).toBe(0)
    const rewrapped = await vault('rewrap', '--json')
    expect(JSON.parse(rewrapped.out).rewrapped).toContain(mine.keyId)
    const { unused, splitKeys } = JSON.parse((await vault('verify', '--json')).out)
    // The rows that a test invented are sealed to nothing.
    expect([unused.length, splitKeys.length]).toEqual([1, 2])
    expect((await use(token, fieldsOf(mine))).status).toBe(200)
    expect(credential()).toBe(`Bearer ${keyOf('ada')}`)
  })

  it('rows that were swapped in the document open nothing', async () => {
    const token = await someone()
    const [one, two] = [await splitFor(token), await splitFor(token, { apiProvider: 'groq' })]
    const text = readFileSync(document(), 'utf8')
    const parsed = JSON.parse(text) as { splitKeys: Record<string, unknown>[] }
    const [a, b] = [one, two].map(({ keyId }) => parsed.splitKeys.find(({ id }) => id === keyId))
    const swaps: readonly [string, (row: Record<string, unknown>) => void][] = [
      ['provider', (row) => Object.assign(row, { provider: 'groq' })],
      ['owner', (row) => Object.assign(row, { owner: 'shop:eve-online' })],
      ['box', (row) => Object.assign(row, { box: b?.['box'] })],
      ['share', (row) => Object.assign(row, { share: b?.['share'] })],
      ['version', (row) => Object.assign(row, { version: 2 })],
      ['id', (row) => Object.assign(row, { id: 'renamed-001' })],
    ]
    for (const [name, swap] of swaps) {
      const changed = structuredClone(parsed)
      const row = changed.splitKeys.find(({ id }) => id === a?.['id'])
      swap(row as Record<string, unknown>)
      writeFileSync(document(), JSON.stringify(changed))
      await new Promise((resolve) => setTimeout(resolve, 1_500))
      const tried = await Promise.all([
        use(token, fieldsOf(one), '/groq/openai/v1/models'),
        use(eve, fieldsOf(one)),
        use(token, { ...fieldsOf(one), 'x-partial-key-id': 'renamed-001' }),
        ...(name === 'provider' ? [] : [use(token, fieldsOf(one))]),
      ])
      expect([name, ...tried.map(({ status }) => status)]).toEqual([
        ...[name, ...tried.map(() => 401)],
      ])
    }
    writeFileSync(document(), text)
  })

  it('without the admin process splitting is 503, and keys go on working', async () => {
    const token = await someone()
    const mine = await splitFor(token)
    await apps.admin().stop()
    for (const sent of [
      await split(token),
      await apps.send('/api/split-key', { key: token }),
      await apps.send(at(mine.keyId), { key: token, method: 'DELETE' }),
    ]) {
      expect([sent.status, sent.json.error]).toEqual([503, 'Service Not Available'])
    }
    expect((await use(token, fieldsOf(mine))).status).toBe(200)
    await apps.startAdmin()
    expect((await split(token)).status).toBe(201)
  })
})

describe.skipIf(testCaddy === null)('wrong parts of split keys', () => {
  it('count as attempts of their address, and good ones still pass', async () => {
    const apps = await startAppStack({ config: ['attempts: {burst: 4, perMinute: 1}'] })
    try {
      const token = await apps.tokenOf('ada-lovelace')
      const made = await apps.send('/api/split-key/split', {
        key: token,
        json: { originalKey: keyOf('ada'), apiProvider: 'openai', keyId: 'mine-0001' },
      })
      const { clientPart } = made.json.data
      const use = async (part: string) =>
        await apps.send('/openai/v1/models', {
          key: token,
          headers: { 'x-partial-key-id': 'mine-0001', 'x-partial-key': part },
        })
      const validate = async (part: string) =>
        await apps.send('/api/split-key/mine-0001/validate', {
          ...{ key: token, json: { clientPart: part } },
        })
      const wrong = `${clientPart}x`
      const statuses = [await use(wrong), await validate(wrong), await use(wrong), await use(wrong)]
      expect(statuses.map(({ status }) => status)).toEqual([401, 400, 401, 401])
      const [atUse, atValidate] = [await use(wrong), await validate(wrong)]
      expect([atUse.status, atValidate.status]).toEqual([429, 429])
      expect(Number(atUse.headers['retry-after'])).toBeGreaterThan(0)
      expect([(await use(clientPart)).status, (await validate(clientPart)).status]).toEqual([
        ...[200, 200],
      ])
    } finally {
      await apps.stop()
    }
  })
})
