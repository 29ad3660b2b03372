/**
 * Sign-in at an OpenID provider in a real browser, which decides which cookies go along on the way
 * back: an invitation claimed by the first sign-in, the next one, and a proof in a window of its own.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { startOpenid, type TestProvider } from '../../../admin/test/support/login-providers.ts'
import { twoPointGateway } from '../support/gateway-file.ts'
import { provideBrowser } from './support/install.ts'
import {
  type PersonBrowser,
  type SigninFixture,
  startSigninFixture,
} from './support/signin-fixture.ts'

const programs = await provideBrowser()
// The provider says how it should be set up for other uses.
for (const name of ['warn', 'info'] as const) vi.spyOn(console, name).mockImplementation(() => {})

describe.skipIf(programs === null)('signing in at a provider', () => {
  const account = { current: 'sub-of-ada' }
  let folder: string
  let provider: TestProvider
  let fixture: SigninFixture
  let ada: PersonBrowser
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'gk-provider-'))
    provider = await startOpenid(account)
    const { name, title, issuer, clientId, clientSecret } = provider.settings
    const file = join(folder, 'secret')
    writeFileSync(file, clientSecret)
    const entry = JSON.stringify({ name, title, issuer, clientId, clientSecretFile: file })
    const config = `${twoPointGateway}\nsignin: [${entry}]\n`
    fixture = await startSigninFixture(programs, { config })
    provider.register(fixture.url)
    ada = await fixture.openBrowser()
  })
  afterAll(async () => {
    await fixture?.stop()
    await provider?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  const press = async (page: Page, name: string) =>
    await page.getByRole('button', { name, exact: true }).click()
  const isIn = async (page: Page, name: string) =>
    await page.locator('.me .name', { hasText: name }).waitFor()

  it('claims an invitation, and makes nobody without one', async () => {
    const { link = '' } = await fixture.people('invite', 'ada', '--role', 'owner')
    const stranger = await fixture.openBrowser()
    await stranger.page.goto(link.replace(/#.*/, ''))
    await ada.page.goto(link)
    await press(ada.page, 'Continue with The house')
    await isIn(ada.page, 'ada')
    expect(ada.page.url()).toBe(`${fixture.url}/`)
    account.current = 'sub-of-mallory'
    await stranger.page.goto(`${fixture.url}/signin`)
    await press(stranger.page, 'Continue with The house')
    await stranger.page.getByText('That did not sign you in').waitFor()
    await stranger.context.close()
    account.current = 'sub-of-ada'
  })

  it('signs in from then on, and comes back to where the person was', async () => {
    await ada.page.goto(`${fixture.url}/signin`)
    await press(ada.page, 'Sign out')
    await ada.page.getByText('You are signed in').waitFor({ state: 'detached' })
    await ada.page.goto(`${fixture.url}/people`)
    await press(ada.page, 'Continue with The house')
    await ada.page.getByRole('heading', { name: 'People' }).waitFor()
    expect(ada.page.url()).toBe(`${fixture.url}/people`)
    expect(await ada.strictness.violations()).toEqual([])
  })

  it('proves an act in a window of its own, and what was typed stays', async () => {
    const { page } = ada
    await press(page, 'Invite a person')
    await page.getByRole('textbox', { name: 'Name', exact: true }).fill('grace')
    await press(page, 'Make link')
    await press(page, 'Sign in at The house again')
    await page.getByLabel('The link').waitFor()
    await press(page, 'I have sent it')
    const invited = fixture.acts().filter(({ event, success }) => {
      return event === 'person.invited' && success !== false
    })
    expect(invited.map(({ user }) => user)).toEqual(['ada', 'grace'])
  })

  it('shows the address to register to whoever sets the provider up', async () => {
    await ada.page.goto(`${fixture.url}/settings`)
    await ada.page.getByText(`${fixture.url}/signin/callback/house`).waitFor()
  })
})
