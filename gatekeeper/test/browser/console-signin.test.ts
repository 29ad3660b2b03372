/**
 * Sign-in as a person does it, in a real browser with authenticators in software: the first run, lost
 * passkeys, an invitation, a proof for one act. And what pages of others can do with that person's
 * session, which is nothing.
 */
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { provideBrowser } from './support/install.ts'
import { fetchFrom, loadElement, submitForm } from './support/page-actions.ts'
import {
  type PersonBrowser,
  type SigninFixture,
  startSigninFixture,
  stranger,
} from './support/signin-fixture.ts'

const programs = await provideBrowser()

describe.skipIf(programs === null)('signing in to the console', () => {
  let fixture: SigninFixture
  let ada: PersonBrowser
  beforeAll(async () => {
    fixture = await startSigninFixture(programs)
    ada = await fixture.openBrowser()
  })
  afterAll(() => fixture?.stop())

  const go = async (page: Page, path: string) => await page.goto(`${fixture.url}${path}`)
  const press = async (page: Page, name: string) =>
    await page.getByRole('button', { name, exact: true }).click()
  const isIn = async (page: Page, name: string) =>
    await page.locator('.me .name', { hasText: name }).waitFor()
  const events = () =>
    fixture
      .acts()
      .filter(({ event, success }) => success !== false && !/reloaded|started/.test(event))
      .map(({ event }) => event)
  const half = (page: Page) => page.evaluate("localStorage.getItem('gatekeeper.session')")

  /** Makes the first passkey of an opened link, and leaves the second for later. */
  async function enrol(page: Page): Promise<void> {
    await press(page, 'Make a passkey')
    await page.getByRole('heading', { name: 'Make a second passkey' }).waitFor()
    await press(page, 'Later')
    await press(page, 'Go on with one')
  }

  it('says on the first run how to begin, and offers nothing else', async () => {
    await go(ada.page, '/')
    await ada.page.getByRole('heading', { name: 'Sign in' }).waitFor()
    await ada.page.getByText('Nobody can sign in yet').waitFor()
    expect(await ada.page.getByRole('button').count()).toBe(0)
  })

  it('makes the first owner with the link that the command prints, which works once', async () => {
    const { link = '' } = await fixture.people('invite', 'ada', '--role', 'owner')
    await ada.page.goto(link)
    await ada.page.getByRole('heading', { name: 'Make this yours' }).waitFor()
    expect(ada.page.url()).toBe(`${fixture.url}/welcome`)
    await enrol(ada.page)
    await isIn(ada.page, 'ada')
    expect(events()).toEqual([
      ...['person.invited', 'person.added', 'passkey.added', 'signin.succeeded'],
    ])
    const other = await fixture.openBrowser()
    await other.page.goto(link)
    await other.page.getByText('That did not sign you in').waitFor()
    expect(await ada.strictness.violations()).toEqual([])
    expect(ada.strictness.errors).toEqual([])
  })

  it('says whose session it is, and signs in with the passkey without a name', async () => {
    await go(ada.page, '/signin')
    await ada.page.getByText('You are signed in as ada').waitFor()
    await press(ada.page, 'Sign out')
    await press(ada.page, 'Use a passkey')
    await isIn(ada.page, 'ada')
  })

  it('comes back to the page that was asked for', async () => {
    // Nobody is signed in; then a session is there that ended meanwhile.
    for (const half of ['', 'A'.repeat(43)]) {
      await ada.page.evaluate(`localStorage.setItem('gatekeeper.session', '${half}')`)
      await go(ada.page, '/settings')
      await press(ada.page, 'Use a passkey')
      await ada.page.getByRole('heading', { name: 'Settings' }).waitFor()
      expect(ada.page.url()).toBe(`${fixture.url}/settings`)
    }
  })

  it('adds a second passkey with a proof by the first, and each of them signs in', async () => {
    const { page } = ada
    await go(page, '/settings')
    await press(page, 'Add a passkey')
    await page.getByRole('textbox', { name: 'Name' }).fill('security key')
    // The proof comes from the first authenticator, the new passkey is on another one.
    await page.route('**/admin/v1/passkeys/begin', async (route) => {
      await ada.changeAuthenticator()
      await route.continue()
    })
    const before = await half(page)
    await press(page, 'Make passkey')
    await press(page, 'Use a passkey')
    await page.getByRole('cell', { name: 'security key' }).waitFor()
    await page.unroute('**/admin/v1/passkeys/begin')
    expect(await half(page)).not.toBe(before)
    for (const change of [ada.takeBack, ada.takeBack]) {
      await change()
      await go(page, '/signin')
      await press(page, 'Sign out')
      await press(page, 'Use a passkey')
      await isIn(page, 'ada')
    }
  })

  it('does nothing if the proof is not given', async () => {
    const { page } = ada
    await go(page, '/people')
    await press(page, 'Invite a person')
    await page.getByRole('textbox', { name: 'Name', exact: true }).fill('grace')
    const before = events().filter((event) => event === 'person.invited').length
    await press(page, 'Make link')
    await page.getByRole('heading', { name: /Make a link with which/ }).waitFor()
    await page.getByRole('button', { name: 'Cancel' }).last().click()
    await page.getByText('Not confirmed').waitFor()
    expect(await page.getByRole('textbox', { name: 'Name', exact: true }).inputValue()).toBe(
      'grace',
    )
    expect(events().filter((event) => event === 'person.invited')).toHaveLength(before)
  })

  it('invites a person with a link shown once, who gets their own passkey and role', async () => {
    const { page } = ada
    await press(page, 'Make link')
    await press(page, 'Use a passkey')
    const link = (await page.getByLabel('The link').textContent()) ?? ''
    expect(link).toMatch(/\/welcome#[\w-]{43}$/)
    await press(page, 'I have sent it')
    await page.getByRole('table', { name: 'Open links' }).getByText('grace').waitFor()
    expect(await page.content()).not.toContain(link)
    const grace = await fixture.openBrowser()
    await grace.page.goto(link)
    await grace.page.getByRole('heading', { name: 'You are invited' }).waitFor()
    await enrol(grace.page)
    await isIn(grace.page, 'grace')
    expect(await grace.page.getByRole('link', { name: 'People' }).count()).toBe(0)
    await grace.context.close()
  })

  it('lists what stops before it disables a person, and ends their session', async () => {
    const { link = '' } = await fixture.people('invite', 'mallory')
    const mallory = await fixture.openBrowser()
    await mallory.page.goto(link)
    await enrol(mallory.page)
    await isIn(mallory.page, 'mallory')
    const { page } = ada
    await go(page, '/people')
    await page.getByRole('button', { name: /mallory/ }).click()
    await page.getByRole('menuitem', { name: 'Disable' }).click()
    await page.getByText('Nothing that they made works now').waitFor()
    await press(page, 'Disable person')
    await page.getByRole('row', { name: /mallory disabled/ }).waitFor()
    await go(mallory.page, '/settings')
    await mallory.page.getByRole('heading', { name: 'Sign in' }).waitFor()
    await press(mallory.page, 'Use a passkey')
    await mallory.page.getByText('That did not sign you in').waitFor()
    await mallory.context.close()
  })

  it('after lost passkeys a link of the command gives new ones, and ends the old', async () => {
    const { link = '' } = await fixture.people('reset', 'ada')
    const found = await fixture.openBrowser()
    await found.page.goto(link)
    await found.page.getByRole('heading', { name: 'Make a new passkey' }).waitFor()
    await enrol(found.page)
    await isIn(found.page, 'ada')
    await go(ada.page, '/settings')
    await ada.page.getByRole('heading', { name: 'Sign in' }).waitFor()
    await press(ada.page, 'Use a passkey')
    await ada.page.getByText('That did not sign you in').waitFor()
    ada = found
  })

  it('the cookie alone is of no use, and one that is planted neither', async () => {
    const cookies = await ada.context.cookies(fixture.url)
    const cookie = cookies.find(({ name }) => name === '__Host-gk_session')
    expect(cookie).toMatchObject({ httpOnly: true, secure: true, sameSite: 'Strict', path: '/' })
    const thief = await fixture.openBrowser()
    await thief.context.addCookies(cookies)
    await go(thief.page, '/')
    await thief.page.getByRole('heading', { name: 'Sign in' }).waitFor()
    const stolen = await fetchFrom(thief.page, `${fixture.url}/admin/v1/session`)
    expect(stolen).toMatchObject({ status: 401 })
    await thief.context.close()
    // Another port of the host sets a cookie of the attacker's own session.
    const { link = '' } = await fixture.people('invite', 'eve')
    const eve = await fixture.openBrowser()
    await eve.page.goto(link)
    await enrol(eve.page)
    await isIn(eve.page, 'eve')
    const planted = (await eve.context.cookies(fixture.url)).find(
      ({ name }) => name === '__Host-gk_session',
    )
    await ada.context.addCookies([{ ...cookie, value: planted?.value ?? '' } as never])
    await go(ada.page, '/settings')
    await ada.page.getByRole('heading', { name: 'Sign in' }).waitFor()
    await eve.context.close()
    await press(ada.page, 'Use a passkey')
    await isIn(ada.page, 'ada')
  })

  describe.each([
    ['another site', () => stranger],
    ['another port of the console’s host', () => fixture.neighbour],
  ] as readonly (readonly [string, () => string])[])('a page of %s', (_, origin) => {
    it('does no act with the session of a person who visits it', async () => {
      await go(ada.page, '/people')
      await isIn(ada.page, 'ada')
      const before = fixture.acts().length
      const secondHalf = String(await half(ada.page))
      const page = await ada.context.newPage()
      await page.goto(origin())
      const api = `${fixture.url}/admin/v1`
      const body = JSON.stringify({ name: 'evil', role: 'owner' })
      const json = { 'content-type': 'application/json' }
      const calls = [
        { method: 'POST', path: '/invitations', body, headers: json },
        { method: 'DELETE', path: '/sessions', headers: {} },
        { method: 'DELETE', path: '/session', headers: {} },
        { method: 'POST', path: '/signin/passkey/begin', headers: {} },
        { method: 'POST', path: '/step-up/begin', body: '{"act":"person.invite"}', headers: json },
      ] as const
      for (const { path, ...call } of calls) {
        for (const mode of ['cors', 'no-cors'] as const) {
          const answered = await fetchFrom(page, `${api}${path}`, {
            ...{ ...call, mode, credentials: 'include' },
          })
          expect('status' in answered ? answered.status : 0, `${path} ${mode}`).not.toBe(200)
        }
        // Even whoever has the second half, as from a backup of the browser.
        await fetchFrom(page, `${api}${path}`, {
          ...{ ...call, credentials: 'include' },
          headers: { ...call.headers, 'x-gatekeeper-session': secondHalf },
        })
      }
      for (const enctype of ['text/plain', 'application/x-www-form-urlencoded'] as const) {
        const target = await ada.context.newPage()
        await target.goto(origin())
        const form = { url: `${api}/invitations`, method: 'post', enctype } as const
        expect(await submitForm(target, form)).toBe(403)
        await target.close()
      }
      await page.close()
      expect(
        fixture
          .acts()
          .slice(before)
          .filter(({ success }) => success !== false),
      ).toEqual([])
      await ada.page.reload()
      await isIn(ada.page, 'ada')
    })

    it('cannot show the console in a frame, or begin a sign-in', async () => {
      const page = await ada.context.newPage()
      await page.goto(origin())
      await loadElement(page, 'iframe', `${fixture.url}/people`)
      const frame = page.frames().at(-1)
      expect(frame?.url()).not.toBe(`${fixture.url}/people`)
      await page.close()
      const { headers } = await fixture.console.send('/people')
      expect(headers['content-security-policy']).toContain("frame-ancestors 'none'")
      const start = await fixture.console.send(`/signin/start/github?bind=${'A'.repeat(43)}`)
      expect(start.status).toBe(404)
    })
  })

  it('wrote no secret to a log, and no code into an address', () => {
    const said = fixture.console.admin.output() + fixture.stack.caddy.output()
    expect(said).not.toMatch(/\/welcome#|__Host-gk_session=[\w-]{43}/)
    expect(JSON.stringify(fixture.acts())).not.toMatch(/#[\w-]{43}/)
  })
})
