/** Teams in the console: nobody notices them before there is one, and people of one see only that. */
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { waitUntil } from '../support/child.ts'
import { type ConsoleFixture, startConsoleFixture } from './support/console-fixture.ts'
import { provideBrowser } from './support/install.ts'

const programs = await provideBrowser()

describe.skipIf(programs === null)('teams in the console', () => {
  let fixture: ConsoleFixture
  beforeAll(async () => {
    fixture = await startConsoleFixture(programs)
  })
  afterEach(() => fixture.closePages())
  afterAll(() => fixture?.stop())

  /** Puts people into a team, by the names of their roles. */
  function putInto(team: string, ...names: readonly string[]): void {
    const file = join(dirname(fixture.stack.keysFile), 'people.json')
    const document = JSON.parse(readFileSync(file, 'utf8'))
    for (const person of Object.values<Record<string, unknown>>(document.people)) {
      if (names.includes(String(person['name']))) person['team'] = team
    }
    writeFileSync(file, JSON.stringify(document))
  }

  const settle = async (page: Page) => {
    await page.locator('h1').first().waitFor()
    // Events keep a connection open, so the network is never idle.
    await waitUntil(async () => (await page.locator('[aria-busy=true]').count()) === 0, {
      ...{ limitMs: 10_000, describe: () => `${page.url()} is still loading` },
    })
  }
  const links = (page: Page) => page.getByRole('navigation', { name: 'Pages' }).getByRole('link')

  it('nothing shows a team while there is none', async () => {
    const { page } = await fixture.open('/keys', 'owner')
    await page.getByRole('link', { name: 'open-webui' }).waitFor()
    await page.getByRole('button', { name: 'New key' }).click()
    await page.getByLabel('For').waitFor()
    expect(await page.locator('body').innerText()).not.toMatch(/\bteam\b/i)
    expect(await page.getByLabel('Team').count()).toBe(0)
  })

  it('an owner makes a key of a team, whose admin sees that key and none of the others', async () => {
    putInto('red', 'admin', 'auditor')
    const hasTeams = async () => {
      const { page } = await fixture.open('/keys', 'owner')
      await settle(page)
      return (await page.getByLabel('Only of the team').count()) === 1
    }
    await waitUntil(hasTeams, { limitMs: 15_000, describe: () => 'the owner sees no team' })
    const { page } = await fixture.open('/keys', 'owner')
    await page.getByRole('button', { name: 'New key' }).click()
    await page.getByLabel('For').fill('red-robot')
    await page.getByLabel('Team', { exact: true }).selectOption('red')
    await page.getByLabel('ollama').check()
    await page.getByRole('button', { name: 'Make key' }).click()
    await page.locator('output').waitFor()
    const { page: of } = await fixture.open('/keys', 'admin')
    await of.getByRole('link', { name: 'red-robot' }).waitFor()
    const text = await of.locator('main').innerText()
    for (const name of ['open-webui', 'home-assistant', 'guest']) expect(text).not.toContain(name)
    expect(await of.getByLabel('Only of the team').count()).toBe(0)
  })

  it.each(['admin', 'auditor'] as const)(
    'an %s of a team has pages of the team, without failures',
    async (role) => {
      const { page } = await fixture.open('/', role)
      await settle(page)
      const paths = await links(page).evaluateAll((all) =>
        all.map((one) => one.getAttribute('href')),
      )
      expect(paths).toContain('/audit')
      for (const path of ['/rules', '/services', '/review']) expect(paths).not.toContain(path)
      for (const path of paths) {
        const { page: shown } = await fixture.open(String(path), role)
        await settle(shown)
        expect(await shown.locator('[role=alert]').allInnerTexts(), String(path)).toEqual([])
      }
    },
  )
})
