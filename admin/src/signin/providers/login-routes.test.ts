import { createHash, randomBytes } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import {
  type GithubLike,
  startGithub,
  startOpenid,
  type TestProvider,
} from '../../../test/support/login-providers.ts'
import { openApi, type TestApi } from '../../../test/support/open-api.ts'
import { claimLink, openAuthenticator, openPage, type Page } from '../../../test/support/page.ts'
import { createEndpoints } from '../../api/endpoints.ts'
import { createInvitation, type Invited } from '../../store/invitations.ts'
import { createSigninParts } from '../signin-deps.ts'
import { createLoginRoutes } from './login-routes.ts'

let api: TestApi
let page: Page
let provider: TestProvider
let failures: unknown[]
const stops: (() => Promise<void>)[] = []
// The provider says how it should be set up for other uses.
for (const name of ['warn', 'info'] as const) vi.spyOn(console, name).mockImplementation(() => {})
const account = { current: 'sub-of-ada' }

async function open(given: readonly TestProvider[]) {
  failures = []
  api = await openApi({
    rows: (deps) => createEndpoints(deps),
    outside: (deps) => [
      createLoginRoutes({
        ...{ ...deps, ...createSigninParts(deps) },
        logFault: (error) => failures.push(error),
      }),
    ],
    providers: given.map(({ settings }) => settings),
  })
  for (const { register } of given) register(api.deps.settings.origin)
  page = openPage(api)
}

beforeEach(async () => {
  account.current = 'sub-of-ada'
  provider = await startOpenid(account)
  stops.push(provider.stop)
})
afterEach(async () => {
  await api.close()
  for (const stop of stops.splice(0)) await stop()
})

const drawn = () => {
  const secret = randomBytes(32).toString('base64url')
  return { secret, bind: createHash('sha256').update(secret).digest('base64url') }
}

type Trip = {
  readonly name?: string
  readonly isFresh?: boolean
  /** Changes the address to which the provider sends the browser. */
  readonly twist?: (callback: URL) => void
  readonly from?: Page
}

/** A whole way to the provider and back; returns what the page at the end is given. */
async function travel({ name = 'house', isFresh = false, twist, from = page }: Trip = {}) {
  const { secret, bind } = drawn()
  const started = await from.raw(
    `GET /signin/start/${name}?bind=${bind}${isFresh ? '&fresh=1' : ''}`,
  )
  const location = started.headers.get('location')
  if (location === null) return { secret, started, fragment: fragmentOf(await started.text()) }
  const callback = await provider.visit(location)
  twist?.(callback)
  const ended = await from.raw(`GET ${callback.pathname}${callback.search}`, {
    headers: { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' },
  })
  const text = await ended.text()
  return { secret, started, ended, callback, fragment: fragmentOf(text) }
}

function fragmentOf(text: string): URLSearchParams {
  const target = /content="0;url=\/signin\/return#([^"]*)"/.exec(text)?.[1]
  return new URLSearchParams(target ?? '')
}

async function redeem(trip: Awaited<ReturnType<typeof travel>>, more: object = {}, from = page) {
  const body = { ticket: trip.fragment.get('ticket'), secret: trip.secret, ...more }
  return await from.send('POST /signin/ticket', { body })
}

const invited: Invited = {
  ...{ kind: 'invite', person: null, name: 'ada', title: null, role: 'member', access: null },
  invitedBy: 'command',
}

async function ticketOfLink(wanted: Invited = invited): Promise<string> {
  const { code } = await createInvitation(api.store, wanted, api.clock())
  return (await page.send('POST /signin/invitation', { body: { code } })).body.ticket
}

const lastAct = async () => (await api.acts()).at(-1)

describe('a sign-in at an OpenID provider', () => {
  beforeEach(() => open([provider]))

  test('claims an invitation, and signs the same person in from then on', async () => {
    const invitation = await ticketOfLink()
    const claimed = await redeem(await travel(), { invitation })
    expect(claimed.status, claimed.text).toBe(200)
    expect((await page.send('GET /session')).body.person).toMatchObject({ name: 'ada' })
    const later = openPage(api)
    const again = await redeem(await travel({ from: later }), {}, later)
    expect(again.status).toBe(200)
    expect((await later.send('GET /session')).body.person).toMatchObject({ name: 'ada' })
    expect(await lastAct()).toMatchObject({ event: 'signin.succeeded', method: 'house' })
    expect(failures).toEqual([])
  })

  test('sends code, PKCE, state and nonce, and never a secret or a session', async () => {
    const { started, ended, callback } = await travel()
    expect(started.status).toBe(303)
    const { searchParams } = new URL(started.headers.get('location') ?? '')
    expect(Object.fromEntries(searchParams)).toMatchObject({
      ...{ response_type: 'code', code_challenge_method: 'S256', scope: 'openid' },
      ...{ state: expect.any(String), nonce: expect.any(String) },
      code_challenge: expect.any(String),
    })
    expect(started.headers.get('set-cookie')).toMatch(
      /^__Host-gk_signin=[\w-]{43}; Max-Age=600; Path=\/; Secure; HttpOnly; SameSite=Lax$/,
    )
    expect(ended?.status).toBe(200)
    expect(ended?.headers.get('set-cookie')).toContain('__Host-gk_signin=; Max-Age=0')
    expect(ended?.headers.get('referrer-policy')).toBe('no-referrer')
    expect(callback?.pathname).toBe('/signin/callback/house')
  })

  test('never makes a person', async () => {
    const before = api.deps.people.all().length
    const refused = await redeem(await travel())
    expect(refused).toMatchObject({ status: 401, body: { reason: 'sign_in_failed' } })
    expect(api.deps.people.all()).toHaveLength(before)
    expect(await lastAct()).toMatchObject({ event: 'signin.failed', why: 'unknown_account' })
  })

  test.each([
    ['far too long', 'a'.repeat(501)],
    ['of two lines', 'a\nb'],
    ['blank', ' '],
  ])('with a subject that is %s uses up no invitation', async (_, subject) => {
    account.current = subject
    const invitation = await ticketOfLink()
    const trip = await travel()
    expect(trip.fragment.get('problem')).toBe('provider')
    expect(api.deps.people.named('ada')).toBe(null)
    account.current = 'sub-of-ada'
    expect((await redeem(await travel(), { invitation })).status).toBe(200)
  })

  test('of one account never becomes two people', async () => {
    await redeem(await travel(), { invitation: await ticketOfLink() })
    const invitation = await ticketOfLink({ ...invited, name: 'grace' })
    const second = await redeem(await travel(), { invitation })
    expect(second.status).toBe(401)
    expect(await lastAct()).toMatchObject({ why: 'account_of_another', user: expect.any(String) })
  })

  test('is of use to the page that began it alone, and once', async () => {
    await redeem(await travel(), { invitation: await ticketOfLink() })
    const planted = await travel({ from: openPage(api, '203.0.113.5') })
    const { secret } = drawn()
    expect((await redeem({ ...planted, secret })).status).toBe(401)
    expect((await redeem(planted)).status).toBe(401)
    const own = await travel()
    expect((await redeem(own)).status).toBe(200)
    expect((await redeem(own)).status).toBe(401)
    const late = await travel()
    api.pass(60_000)
    expect((await redeem(late)).status).toBe(401)
  })

  const attacks: readonly (readonly [string, (callback: URL) => void])[] = [
    ['another state', (to) => to.searchParams.set('state', 'A'.repeat(43))],
    ['two states', (to) => to.searchParams.append('state', to.searchParams.get('state') ?? '')],
    ['no state', (to) => to.searchParams.delete('state')],
    ['another code', (to) => to.searchParams.set('code', 'stolen')],
    ['the issuer of another provider', (to) => to.searchParams.set('iss', 'https://evil.example')],
    ['an error', (to) => to.searchParams.set('error', 'access_denied')],
  ]
  test.each(attacks)('that comes back with %s signs nobody in', async (_, twist) => {
    await redeem(await travel(), { invitation: await ticketOfLink() })
    const trip = await travel({ twist })
    expect(trip.ended?.status).toBe(200)
    expect(trip.fragment.get('ticket')).toBe(null)
    expect(trip.fragment.get('problem')).toMatch(/^(?:state|provider)$/)
    expect(await lastAct()).toMatchObject({ event: 'signin.failed', provider: 'house' })
  })

  test('of another browser ends nowhere: its cookie is not here, and a callback works once', async () => {
    const attacker = openPage(api, '203.0.113.9')
    const { callback } = await travel({ from: attacker })
    const answer = async (of: Page) => {
      const ended = await of.raw(`GET ${callback?.pathname}${callback?.search}`, {
        headers: { 'sec-fetch-site': 'cross-site' },
      })
      return fragmentOf(await ended.text()).get('problem')
    }
    expect(await answer(page)).toBe('state')
    attacker.cookies.set('__Host-gk_signin', callback?.searchParams.get('state') ?? '')
    expect(await answer(attacker)).toBe('state')
  })

  test.each([
    ['as for an image', 'image'],
    ['in a frame', 'iframe'],
    ['in a window', 'document'],
  ])('is not locked by a page elsewhere that asks for the callback %s', async (_, target) => {
    await redeem(await travel(), { invitation: await ticketOfLink() })
    const before = (await api.acts()).length
    const headers = { 'sec-fetch-site': 'cross-site', 'sec-fetch-dest': target }
    for (let count = 1; count <= 20; count += 1) {
      await page.raw(`GET /signin/callback/house?state=${'A'.repeat(43)}`, { headers })
    }
    expect(await api.acts()).toHaveLength(before)
    expect((await redeem(await travel())).status).toBe(200)
  })

  test('begins on our own page alone', async () => {
    const { bind } = drawn()
    for (const site of ['cross-site', 'same-site', 'none']) {
      const headers = { 'sec-fetch-site': site }
      const started = await page.raw(`GET /signin/start/house?bind=${bind}`, { headers })
      expect([started.status, started.headers.get('location')]).toEqual([403, null])
    }
    const unbound = await page.raw('GET /signin/start/house')
    expect(unbound.status).toBe(400)
    expect((await page.raw(`GET /signin/start/other?bind=${bind}`)).status).toBe(404)
  })

  test('of a disabled person is refused', async () => {
    await redeem(await travel(), { invitation: await ticketOfLink() })
    const ada = api.deps.people.named('ada')
    const path = `/people/${ada?.id}`
    const { etag } = await api.as('olga')(`GET ${path}`)
    await api.as('olga')(`PATCH ${path}`, {
      ...{ body: { disabled: true }, headers: { 'if-match': etag ?? '' } },
    })
    expect((await redeem(await travel())).status).toBe(401)
    expect(await lastAct()).toMatchObject({ why: 'disabled' })
  })

  test('cannot be reached: the page says so, and nothing ends', async () => {
    await provider.stop()
    stops.length = 0
    const trip = await travel()
    expect(trip.fragment.get('problem')).toBe('unreachable')
    expect(failures).toHaveLength(1)
    expect((await page.send('GET /signin')).status).toBe(200)
  })
})

describe('a proof by a fresh sign-in', () => {
  beforeEach(async () => {
    await open([provider])
    await redeem(await travel(), { invitation: await ticketOfLink() })
  })

  const begin = async () =>
    (await page.send('POST /step-up/begin', { body: { act: 'passkey.add' } })).body

  const finish = async (challengeId: string, trip: Awaited<ReturnType<typeof travel>>) => {
    const ticket = trip.fragment.get('proof') ?? trip.fragment.get('ticket')
    const body = { challengeId, ticket, secret: trip.secret }
    return await page.send('POST /step-up/finish', { body })
  }

  test('is good where there is no passkey', async () => {
    const begun = await begin()
    expect(begun).toMatchObject({
      ...{ ways: ['provider', 'code'], options: null },
      providers: [{ name: 'house', title: 'The house' }],
    })
    const trip = await travel({ isFresh: true })
    const { searchParams } = new URL(trip.started.headers.get('location') ?? '')
    expect(Object.fromEntries(searchParams)).toMatchObject({ max_age: '0', prompt: 'login' })
    const proven = await finish(begun.challengeId, trip)
    expect(proven.body, proven.text).toMatchObject({ stepUp: expect.any(String) })
  })

  test('is none if it was begun before, is an ordinary sign-in, or is of another account', async () => {
    const early = await travel({ isFresh: true })
    api.pass(1)
    expect((await finish((await begin()).challengeId, early)).status).toBe(401)
    const usual = await begin()
    expect((await finish(usual.challengeId, await travel())).status).toBe(401)
    account.current = 'sub-of-mallory'
    const other = await begin()
    expect((await finish(other.challengeId, await travel({ isFresh: true }))).status).toBe(401)
  })

  test('is none if the person signed in there long ago', async () => {
    // The provider's clock is the real one; ours goes on.
    api.pass(365 * 86_400_000)
    await api.signIn(api.deps.people.named('ada')?.id ?? '')
    const session = await api.signIn(api.deps.people.named('ada')?.id ?? '')
    page.cookies.set('__Host-gk_session', session.cookie)
    page.setHalf(session.half)
    const begun = await begin()
    const trip = await travel({ isFresh: true })
    expect((await finish(begun.challengeId, trip)).status).toBe(401)
  })

  test('is none for a person with a passkey, and is no sign-in', async () => {
    const fresh = await travel({ isFresh: true })
    expect(fresh.fragment.get('ticket')).toBe(null)
    const body = { ticket: fresh.fragment.get('proof'), secret: fresh.secret }
    expect((await page.send('POST /signin/ticket', { body })).status).toBe(401)
    const person = api.deps.people.named('ada')?.id ?? ''
    const link = { ...invited, kind: 'reset', person } as const
    const { code } = await createInvitation(api.store, link, api.clock())
    await claimLink(page, code, openAuthenticator(api))
    const begun = await begin()
    expect(begun.ways).toEqual(['passkey', 'code'])
    const trip = await travel({ isFresh: true })
    expect((await finish(begun.challengeId, trip)).status).toBe(401)
  })
})

describe('a sign-in at GitHub', () => {
  const usual = { account: { id: 4711, login: 'ada' }, isMember: false, breakToken: null }
  let like: GithubLike

  const openGithub = async (
    change: Partial<GithubLike> = {},
    organization: string | null = null,
  ) => {
    like = { ...usual, issuer: null, ...change }
    provider = await startGithub(like, organization)
    stops.push(provider.stop)
    await open([provider])
    if (change.issuer === 'own') like.issuer = `${provider.settings.issuer}/login/oauth`
  }
  const claim = async () =>
    await redeem(await travel({ name: 'github' }), { invitation: await ticketOfLink() })

  test.each([
    ['names its issuer', 'own'],
    ['is of an older server, and names none', null],
  ])('that %s is that of the account’s number, whatever its name', async (_, issuer) => {
    await openGithub({ issuer })
    expect((await claim()).status).toBe(200)
    expect(api.deps.people.named('ada')?.logins).toEqual([{ provider: 'github', subject: '4711' }])
    like.account = { id: 4711, login: 'renamed' }
    expect((await redeem(await travel({ name: 'github' }))).status).toBe(200)
    like.account = { id: 4712, login: 'ada' }
    expect((await redeem(await travel({ name: 'github' }))).status).toBe(401)
  })

  test('that names another issuer signs nobody in', async () => {
    await openGithub({ issuer: 'https://github.com.evil.example/login/oauth' })
    const trip = await travel({ name: 'github' })
    expect(trip.fragment.get('problem')).toBe('provider')
  })

  test('claims no invitation outside of the organization', async () => {
    await openGithub({}, 'acme')
    expect((await claim()).status).toBe(401)
    expect(await lastAct()).toMatchObject({ why: 'not_in_organization' })
    like.isMember = true
    expect((await claim()).status).toBe(200)
  })

  test('proves no act: GitHub never says when a person signed in', async () => {
    await openGithub()
    await claim()
    const begun = await page.send('POST /step-up/begin', { body: { act: 'passkey.add' } })
    expect(begun.body).toMatchObject({ ways: ['code'], providers: [] })
  })

  const answers: readonly (readonly [string, NonNullable<GithubLike['breakToken']>])[] = [
    ['an error with 200', (to) => to.end('{"error":"bad_verification_code"}')],
    ['a page', (to) => to.setHeader('content-type', 'text/html').end('<html>')],
    ['a redirect', (to) => to.writeHead(302, { location: 'http://169.254.169.254/' }).end()],
    ['a fault', (to) => to.writeHead(500).end()],
    ['nothing but a closed connection', (to) => to.destroy()],
    [
      'half an answer',
      (to) => to.writeHead(200, { 'content-length': '100' }).write('{') && to.destroy(),
    ],
    ['far too much', (to) => to.end('x'.repeat(1024 * 1024))],
    ['no JSON', (to) => to.setHeader('content-type', 'application/json').end('{"access_token":')],
  ]
  test.each(answers)(
    'whose token endpoint answers %s signs nobody in, and nothing ends',
    async (_, breakToken) => {
      await openGithub({ breakToken })
      const trip = await travel({ name: 'github' })
      expect(trip.fragment.get('problem')).toBe('provider')
      expect(JSON.stringify(failures.map(String))).not.toContain('a-secret-of-the-client')
      expect((await page.send('GET /signin')).status).toBe(200)
    },
  )
})
