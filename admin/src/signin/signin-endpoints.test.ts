import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openApi, type TestApi } from '../../test/support/open-api.ts'
import {
  type Authenticator,
  claimLink,
  openAuthenticator,
  openPage,
  type Page,
  proveWith,
  signInWith,
} from '../../test/support/page.ts'
import type { Twist } from '../../test/support/software-authenticator.ts'
import { createEndpoints } from '../api/endpoints.ts'
import { createCode } from '../store/codes.ts'
import { createInvitation, type Invited } from '../store/invitations.ts'

let api: TestApi
let page: Page
beforeEach(async () => {
  api = await openApi({ rows: (deps) => createEndpoints(deps) })
  page = openPage(api)
})
afterEach(async () => {
  expect(api.faults).toEqual([])
  await api.close()
})

const setup: Invited = {
  ...{ kind: 'setup', person: null, name: 'ada', title: 'Ada', role: 'owner', access: null },
  invitedBy: 'command',
}
const reset: Invited = { ...setup, kind: 'reset', person: 'olga000000', name: 'olga' }

async function link(wanted: Invited): Promise<string> {
  return (await createInvitation(api.store, wanted, api.clock())).code
}

/** Olga with one passkey, signed in on the page. */
async function enrol(): Promise<Authenticator> {
  const authenticator = openAuthenticator(api)
  const claimed = await claimLink(page, await link(reset), authenticator)
  expect(claimed.status, claimed.text).toBe(200)
  return authenticator
}

/** A further passkey for the person of the page; returns its id. */
async function addAnother(authenticator: Authenticator): Promise<string> {
  const headers = await proveWith(page, authenticator, { act: 'passkey.add' })
  const { challengeId, options } = (await page.send('POST /passkeys/begin')).body
  const response = openAuthenticator(api).register(options)
  const body = { challengeId, response, label: 'another' }
  return (await page.send('POST /passkeys/finish', { body, headers })).body.id
}

const events = async () => (await api.acts()).map(({ event }) => event)
const me = async (of = page) => (await of.send('GET /session')).status

describe('a one-time link', () => {
  test('makes the first owner, who is signed in with a first passkey', async () => {
    await api.close()
    api = await openApi({ rows: (deps) => createEndpoints(deps), people: {} })
    page = openPage(api)
    expect((await page.send('GET /signin')).body).toMatchObject({ isFirstRun: true })
    const authenticator = openAuthenticator(api)
    const claimed = await claimLink(page, await link(setup), authenticator)
    expect(claimed.status, claimed.text).toBe(200)
    expect((await page.send('GET /session')).body).toMatchObject({
      person: { name: 'ada', title: 'Ada', role: 'owner' },
      passkeys: 1,
    })
    expect(await events()).toEqual(['person.added', 'passkey.added', 'signin.succeeded'])
    expect((await page.send('GET /signin')).body).toMatchObject({ isFirstRun: false })
    const later = openPage(api)
    expect((await signInWith(later, authenticator)).status).toBe(200)
  })

  test('works once, and its code is of no use after the page has its ticket', async () => {
    const code = await link(reset)
    const first = await page.send('POST /signin/invitation', { body: { code } })
    expect(first.body).toMatchObject({ kind: 'reset', name: 'olga' })
    const second = await openPage(api).send('POST /signin/invitation', { body: { code } })
    expect(second).toMatchObject({ status: 401, body: { reason: 'sign_in_failed' } })
    expect(JSON.stringify(await api.acts())).not.toContain(code)
  })

  test('ends with the next one for the same person', async () => {
    const old = await link(reset)
    const code = await link(reset)
    expect((await page.send('POST /signin/invitation', { body: { code: old } })).status).toBe(401)
    expect((await page.send('POST /signin/invitation', { body: { code } })).status).toBe(200)
  })

  test('ends after 15 minutes, and so does its ticket', async () => {
    const late = await link(reset)
    api.pass(15 * 60_000)
    expect((await page.send('POST /signin/invitation', { body: { code: late } })).status).toBe(401)
    const code = await link(reset)
    const { ticket } = (await page.send('POST /signin/invitation', { body: { code } })).body
    api.pass(15 * 60_000)
    const begun = await page.send('POST /signin/invitation/register/begin', { body: { ticket } })
    expect(begun.status).toBe(401)
  })

  test('is used once by two pages that finish at the same time', async () => {
    const code = await link(reset)
    const { ticket } = (await page.send('POST /signin/invitation', { body: { code } })).body
    const finishes = await Promise.all(
      [0, 1, 2].map(async () => {
        const begin = await page.send('POST /signin/invitation/register/begin', {
          body: { ticket },
        })
        const { challengeId, options } = begin.body
        const response = openAuthenticator(api).register(options)
        return { ticket, challengeId, response, label: 'one' }
      }),
    )
    const statuses = await Promise.all(
      finishes.map(
        async (body) =>
          (await openPage(api).send('POST /signin/invitation/register/finish', { body })).status,
      ),
    )
    expect(statuses.toSorted()).toEqual([200, 409, 409])
  })

  test('for lost passkeys ends all earlier passkeys and sessions of the person', async () => {
    const lost = await enrol()
    const other = openPage(api)
    await signInWith(other, lost)
    const found = openAuthenticator(api)
    const claimed = await claimLink(openPage(api), await link(reset), found)
    expect(claimed.status).toBe(200)
    expect([await me(), await me(other)]).toEqual([401, 401])
    expect((await signInWith(openPage(api), lost)).status).toBe(401)
    expect((await signInWith(openPage(api), found)).status).toBe(200)
  })

  test('works however many wrong codes strangers send from elsewhere', async () => {
    const code = await link(reset)
    const wrong = { body: { code: 'A'.repeat(43) } }
    for (let at = 0; at < 250; at += 1) {
      const stranger = openPage(api, `2001:db8:${Math.floor(at / 50)}:${Math.floor(at / 10)}::1`)
      expect((await stranger.send('POST /signin/invitation', wrong)).status).toBe(401)
    }
    const opened = await page.send('POST /signin/invitation', { body: { code } })
    expect(opened.status, opened.text).toBe(200)
  })

  test('makes no second first owner', async () => {
    const code = await link(setup)
    const opened = await page.send('POST /signin/invitation', { body: { code } })
    expect(opened).toMatchObject({ status: 409, body: { reason: 'conflict' } })
  })

  test('of one invitation takes no challenge of another', async () => {
    const [mine, theirs] = [
      await link(reset),
      await link({ ...reset, person: 'adam000000', name: 'adam' }),
    ]
    const open = async (code: string) =>
      (await page.send('POST /signin/invitation', { body: { code } })).body.ticket
    const [ticket, other] = [await open(mine), await open(theirs)]
    const begun = await page.send('POST /signin/invitation/register/begin', {
      body: { ticket: other },
    })
    const { challengeId, options } = begun.body
    const response = openAuthenticator(api).register(options)
    const body = { ticket, challengeId, response, label: 'x' }
    const finished = await page.send('POST /signin/invitation/register/finish', { body })
    expect(finished.status).toBe(401)
  })
})

describe('a passkey', () => {
  const attacks: readonly (readonly [string, Twist])[] = [
    ['of another origin', { origin: 'https://console.test.evil.example' }],
    ['of another port of the console', { origin: 'https://console.test:8443' }],
    ['of another relying party', { rpId: 'evil.example' }],
    ['for another challenge', { challenge: 'A'.repeat(43) }],
    ['of a registration', { type: 'webauthn.create' }],
    ['without a verified user', { flags: 1 }],
    ['without a present user', { flags: 4 }],
    ['of another person', { userHandle: Buffer.from('adam000000').toString('base64url') }],
    [
      'with another signature',
      { signature: Buffer.from('30060201010201 01'.replace(' ', ''), 'hex') },
    ],
  ]
  test.each(attacks)('an answer %s signs nobody in', async (_, twist) => {
    const authenticator = await enrol()
    const { body } = await page.send('POST /signin/passkey/begin')
    const response = authenticator.sign(body.options, twist)
    const finished = await openPage(api).send('POST /signin/passkey/finish', {
      body: { challengeId: body.challengeId, response },
    })
    expect(finished).toMatchObject({ status: 401, body: { reason: 'sign_in_failed' } })
    expect((await api.acts()).at(-1)).toMatchObject({ event: 'signin.failed', success: false })
  })

  test('an answer counts once', async () => {
    const authenticator = await enrol()
    const { challengeId, options } = (await page.send('POST /signin/passkey/begin')).body
    const body = { challengeId, response: authenticator.sign(options) }
    const statuses = await Promise.all(
      [0, 1, 2].map(
        async () => (await openPage(api).send('POST /signin/passkey/finish', { body })).status,
      ),
    )
    expect(statuses.toSorted()).toEqual([200, 401, 401])
  })

  test('a challenge ends after five minutes', async () => {
    const authenticator = await enrol()
    const { challengeId, options } = (await page.send('POST /signin/passkey/begin')).body
    api.pass(300_000)
    const body = { challengeId, response: authenticator.sign(options) }
    expect((await page.send('POST /signin/passkey/finish', { body })).status).toBe(401)
  })

  test('a count that goes back is refused; 0 is one that does not count', async () => {
    const authenticator = await enrol()
    const signIn = async (signCount: number) => {
      const { challengeId, options } = (await page.send('POST /signin/passkey/begin')).body
      const body = { challengeId, response: authenticator.sign(options, { signCount }) }
      return (await openPage(api).send('POST /signin/passkey/finish', { body })).status
    }
    expect(await signIn(0)).toBe(200)
    expect(await signIn(0)).toBe(200)
    expect(await signIn(5)).toBe(200)
    expect(await signIn(5)).toBe(401)
    expect(await signIn(0)).toBe(401)
    expect(await signIn(6)).toBe(200)
    const problems = (await api.acts()).flatMap(({ why }) => (why === 'sign_count' ? [why] : []))
    expect(problems).toHaveLength(2)
  })

  test('a challenge of a proof signs nobody in, and one of a sign-in proves nothing', async () => {
    const authenticator = await enrol()
    const step = (await page.send('POST /step-up/begin', { body: { act: 'passkey.add' } })).body
    const signin = (await page.send('POST /signin/passkey/begin')).body
    const crossed = await openPage(api).send('POST /signin/passkey/finish', {
      body: { challengeId: step.challengeId, response: authenticator.sign(step.options) },
    })
    const proven = await page.send('POST /step-up/finish', {
      body: { challengeId: signin.challengeId, response: authenticator.sign(signin.options) },
    })
    expect([crossed.status, proven.status]).toEqual([401, 401])
  })

  test('a disabled person has none, and a removed one neither', async () => {
    const authenticator = await enrol()
    const { readFile, writeFile } = await import('node:fs/promises')
    const file = api.installation.peopleFile
    const document = JSON.parse(await readFile(file, 'utf8'))
    document.people.olga000000.disabled = true
    await writeFile(file, JSON.stringify(document))
    await api.deps.people.reload()
    expect(await me()).toBe(401)
    expect((await signInWith(openPage(api), authenticator)).status).toBe(401)
  })

  test('is added and removed with a proof alone, ten at most', async () => {
    const authenticator = await enrol()
    const add = async () => {
      const proof = await proveWith(page, authenticator, { act: 'passkey.add' })
      const begun = await page.send('POST /passkeys/begin')
      if (begun.status !== 200) return begun
      const { challengeId, options } = begun.body
      const excluded = options.excludeCredentials.map((one: { id: string }) => one.id)
      expect(excluded).toContain(authenticator.id)
      const response = openAuthenticator(api).register(options)
      const body = { challengeId, response, label: ' phone ' }
      const without = await page.send('POST /passkeys/finish', { body })
      expect(without.body).toMatchObject({ reason: 'step_up_required', act: 'passkey.add' })
      return await page.send('POST /passkeys/finish', { body, headers: proof })
    }
    const added = await add()
    expect(added).toMatchObject({ status: 201, body: { label: 'phone', isSynced: false } })
    const { id } = added.body
    const renamed = await page.send(`PATCH /passkeys/${id}`, { body: { label: 'key' } })
    expect(renamed.body).toMatchObject({ id, label: 'key' })
    expect((await page.send(`DELETE /passkeys/${id}`)).status).toBe(403)
    const wrong = await proveWith(page, authenticator, { act: 'passkey.remove', target: 'x' })
    expect((await page.send(`DELETE /passkeys/${id}`, { headers: wrong })).status).toBe(403)
    const proof = await proveWith(page, authenticator, { act: 'passkey.remove', target: id })
    expect((await page.send(`DELETE /passkeys/${id}`, { headers: proof })).status).toBe(204)
    for (let count = 1; count < 10; count += 1) expect((await add()).status).toBe(201)
    expect(await add()).toMatchObject({ status: 409 })
  })

  test('is never removed if it is the only way in', async () => {
    const authenticator = await enrol()
    const { id } = (await page.send('GET /passkeys')).body.items[0]
    const headers = await proveWith(page, authenticator, { act: 'passkey.remove', target: id })
    expect(await page.send(`DELETE /passkeys/${id}`, { headers })).toMatchObject({
      ...{ status: 409, body: { reason: 'conflict' } },
    })
  })

  test('of another person does not exist', async () => {
    await enrol()
    const { id } = (await page.send('GET /passkeys')).body.items[0]
    const as = api.as('adam')
    expect((await as(`PATCH /passkeys/${id}`, { body: { label: 'mine' } })).status).toBe(404)
    const headers = await api.prove('adam', 'passkey.remove', id)
    expect((await as(`DELETE /passkeys/${id}`, { headers })).status).toBe(404)
  })
})

describe('a session', () => {
  test('is new with each sign-in, whatever was planted before it', async () => {
    const authenticator = await enrol()
    const [cookie, half] = [page.cookies.get('__Host-gk_session'), page.half]
    const next = openPage(api)
    next.cookies.set('__Host-gk_session', cookie ?? '')
    next.setHalf(half)
    await signInWith(next, authenticator)
    expect(next.cookies.get('__Host-gk_session')).not.toBe(cookie)
    expect(next.half).not.toBe(half)
    expect([await me(next), await me(page)]).toEqual([200, 200])
  })

  test('is nothing without its other half', async () => {
    await enrol()
    const thief = openPage(api)
    thief.cookies.set('__Host-gk_session', page.cookies.get('__Host-gk_session') ?? '')
    expect(await me(thief)).toBe(401)
    thief.setHalf('A'.repeat(43))
    expect(await me(thief)).toBe(401)
    const other = openPage(api)
    other.setHalf(page.half)
    expect(await me(other)).toBe(401)
  })

  test('of an attacker cannot be planted: its half is not in our storage', async () => {
    await enrol()
    const attacker = await api.signIn('max')
    page.cookies.set('__Host-gk_session', attacker.cookie)
    expect(await me()).toBe(401)
  })

  test('gets new halves with a proof; the old ones end', async () => {
    const authenticator = await enrol()
    const old = openPage(api)
    old.cookies.set('__Host-gk_session', page.cookies.get('__Host-gk_session') ?? '')
    old.setHalf(page.half)
    await proveWith(page, authenticator, { act: 'person.invite' })
    expect([await me(page), await me(old)]).toEqual([200, 401])
  })

  test('is listed and ended one by one, or all but this one', async () => {
    const authenticator = await enrol()
    const others = [openPage(api), openPage(api, '198.51.100.7'), openPage(api)]
    for (const other of others) await signInWith(other, authenticator)
    const { items } = (await page.send('GET /sessions')).body
    expect(items).toHaveLength(4)
    expect(items.filter((one: { isCurrent: boolean }) => one.isCurrent)).toHaveLength(1)
    const there = items.find((one: { address: string }) => one.address === '198.51.100.7')
    expect((await page.send(`DELETE /sessions/${there.id}`)).status).toBe(204)
    expect(await me(others[1] as Page)).toBe(401)
    expect((await page.send('DELETE /sessions')).body).toEqual({ ended: 2 })
    expect([await me(), await me(others[0] as Page)]).toEqual([200, 401])
    const signins = (await page.send('GET /signins')).body.items
    expect(signins[0]).toMatchObject({ event: 'session.ended' })
    expect(signins.some((one: { event: string }) => one.event === 'signin.succeeded')).toBe(true)
  })

  test('of others is seen by whoever sees everything, and ended by owners and admins', async () => {
    const { id } = await api.signIn('max')
    const list = (name: string) => api.as(name)('GET /sessions?person=max0000000')
    expect((await list('audrey')).body.items).toHaveLength(1)
    expect((await list('mia')).status).toBe(404)
    expect((await api.as('mia')(`DELETE /sessions/${id}`)).status).toBe(404)
    expect((await api.as('audrey')(`DELETE /sessions/${id}`)).status).toBe(404)
    expect((await api.as('adam')(`DELETE /sessions/${id}`)).status).toBe(204)
    expect((await api.as('max')('GET /session')).status).toBe(401)
  })
})

describe('a proof', () => {
  test('is good for one call of its act, its target and its session', async () => {
    const authenticator = await enrol()
    const id = await addAnother(authenticator)
    const path = `DELETE /passkeys/${id}`
    const other = openPage(api)
    await signInWith(other, authenticator)
    const stolen = await proveWith(other, authenticator, { act: 'passkey.remove', target: id })
    expect((await page.send(path, { headers: stolen })).status).toBe(403)
    const added = await proveWith(page, authenticator, { act: 'passkey.add' })
    expect((await page.send(path, { headers: added })).status).toBe(403)
    const late = await proveWith(page, authenticator, { act: 'passkey.remove', target: id })
    api.pass(120_000)
    expect((await page.send(path, { headers: late })).status).toBe(403)
    const proof = await proveWith(page, authenticator, { act: 'passkey.remove', target: id })
    expect((await page.send(path, { headers: proof })).status).toBe(204)
    expect((await page.send(path, { headers: proof })).status).toBe(403)
  })

  test('comes from the passkey of this person and from the session that asked', async () => {
    const authenticator = await enrol()
    const adams = openAuthenticator(api)
    const adam = openPage(api)
    await claimLink(adam, await link({ ...reset, person: 'adam000000', name: 'adam' }), adams)
    const begin = async () =>
      (await page.send('POST /step-up/begin', { body: { act: 'person.invite' } })).body
    const first = await begin()
    const byAdam = { challengeId: first.challengeId, response: adams.sign(first.options) }
    expect((await page.send('POST /step-up/finish', { body: byAdam })).status).toBe(401)
    const second = await begin()
    const body = { challengeId: second.challengeId, response: authenticator.sign(second.options) }
    expect((await adam.send('POST /step-up/finish', { body })).status).toBe(401)
  })

  test('by code names the act, and a code for a sign-in proves nothing', async () => {
    const codeFor = async (act: string | null) =>
      (await createCode(api.store, { person: 'olga000000', act, target: null }, api.clock())).code
    const prove = async (code: string) => {
      const begun = await page.send('POST /step-up/begin', { body: { act: 'person.invite' } })
      expect(begun.body).toMatchObject({ ways: ['code'], options: null })
      const body = { challengeId: begun.body.challengeId, code }
      return await page.send('POST /step-up/finish', { body })
    }
    const signed = await page.send('POST /signin/code', { body: { code: await codeFor(null) } })
    expect(signed.status, signed.text).toBe(200)
    expect((await prove(await codeFor(null))).status).toBe(401)
    expect((await prove(await codeFor('person.role'))).status).toBe(401)
    const proven = await prove(await codeFor('person.invite'))
    expect(proven.body).toMatchObject({ stepUp: expect.any(String) })
  })
})

describe('a typed code', () => {
  const makeCode = async (person = 'olga000000') =>
    (await createCode(api.store, { person, act: null, target: null }, api.clock())).code
  const type = async (code: string, address = '192.0.2.9') =>
    (await openPage(api, address).send('POST /signin/code', { body: { code } })).status

  test('signs in once, in any spelling, for 15 minutes', async () => {
    const code = await makeCode()
    expect(code).toMatch(/^[0-9a-z]{5}-[0-9a-z]{5}$/)
    expect(await type(` ${code.toUpperCase().replace('-', ' ')}`)).toBe(200)
    expect(await type(code)).toBe(401)
    const late = await makeCode()
    api.pass(15 * 60_000)
    expect(await type(late)).toBe(401)
  })

  test('dies after five wrong tries, of whomever', async () => {
    const code = await makeCode()
    for (let count = 1; count <= 5; count += 1) {
      expect(await type('00000-00000', `192.0.2.${count}`)).toBe(401)
    }
    expect(await type(code)).toBe(401)
    expect(await type(await makeCode())).toBe(200)
  })

  test('may be wrong ten times an hour in the whole system, and no passkey waits for that', async () => {
    const authenticator = await enrol()
    for (let count = 1; count <= 10; count += 1) {
      expect(await type('00000-00000', `10.${count}.0.1`)).toBe(401)
    }
    expect(await type(await makeCode(), '172.16.0.1')).toBe(429)
    const attacked = openPage(api, '10.1.0.1')
    expect((await signInWith(attacked, authenticator)).status).toBe(200)
    api.pass(3_600_000)
    expect(await type(await makeCode(), '172.16.0.1')).toBe(200)
  })
})

test('after ten failed sign-ins in a quarter of an hour an address gets 429', async () => {
  const authenticator = await enrol()
  const fail = async () => {
    const { body } = await page.send('POST /signin/passkey/begin')
    const response = authenticator.sign(body.options, { rpId: 'evil.example' })
    const at = openPage(api, '198.51.100.9')
    return await at.send('POST /signin/passkey/finish', {
      body: { challengeId: body.challengeId, response },
    })
  }
  for (let count = 1; count <= 10; count += 1) expect((await fail()).status).toBe(401)
  expect((await fail()).body).toMatchObject({ reason: 'too_many', retryAfterSeconds: 900 })
  expect((await signInWith(openPage(api, '198.51.101.9'), authenticator)).status).toBe(200)
  api.pass(900_000)
  expect((await signInWith(openPage(api, '198.51.100.9'), authenticator)).status).toBe(200)
})

test('a program on this machine is one network, whichever of its addresses it sends from', async () => {
  const begin = async (address: string) =>
    (await openPage(api, address).send('POST /signin/passkey/begin')).status
  for (let at = 1; at <= 300; at += 1)
    expect(await begin(`127.${at % 200}.${at % 256}.1`)).toBe(200)
  expect(await begin('127.201.1.1')).toBe(429)
  expect(await begin('192.0.2.1')).toBe(200)
})

test('a stranger with many addresses does not fill the record, which is kept for ever', async () => {
  const response = { clientDataJSON: 'AA', authenticatorData: 'AA', signature: 'AA' }
  const body = {
    challengeId: 'A'.repeat(43),
    response: { id: 'AA', rawId: 'AA', type: 'public-key', response },
  }
  const fail = async (network: number) => {
    const at = openPage(api, `2001:db8:${network.toString(16)}::1`)
    return (await at.send('POST /signin/passkey/finish', { body })).status
  }
  for (let network = 1; network <= 300; network += 1) expect(await fail(network)).toBe(401)
  const failed = async () => (await api.acts()).filter(({ event }) => event === 'signin.failed')
  expect(await failed()).toHaveLength(200)
  api.pass(30_000)
  expect(await fail(301)).toBe(401)
  expect((await failed()).at(-1)).toMatchObject({ why: 'challenge', leftOut: 100 })
})

test('a page of another origin begins nothing', async () => {
  for (const site of ['same-site', 'cross-site', 'none']) {
    const headers = { 'sec-fetch-site': site }
    expect((await page.send('POST /signin/passkey/begin', { headers })).status).toBe(403)
  }
})
