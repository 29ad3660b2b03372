/** Keys in the console, from the making to the removal, with the real gatekeeper behind them. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { waitUntil } from '../support/child.ts'
import { type ConsoleFixture, startConsoleFixture } from './support/console-fixture.ts'
import { provideBrowser } from './support/install.ts'

const programs = await provideBrowser()
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

type Violation = { readonly id: string; readonly nodes: readonly { readonly html: string }[] }

async function findViolations(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe)
  const found = (await page.evaluate(
    'axe.run().then(({ violations }) => violations)',
  )) as readonly Violation[]
  return found.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`))
}

describe.skipIf(programs === null)('keys in the console', () => {
  let fixture: ConsoleFixture
  beforeAll(async () => {
    fixture = await startConsoleFixture(programs)
  })
  afterEach(() => fixture.closePages())
  afterAll(() => fixture?.stop())

  const statusWith = async (key: string) => (await fixture.stack.send('/api/tags', { key })).status

  async function waitForStatus(key: string, status: number): Promise<void> {
    await waitUntil(async () => (await statusWith(key)) === status, {
      ...{ limitMs: 5_000, describe: () => `the key never got ${status}` },
    })
  }

  /** Makes a key in the page and returns its secret. */
  async function makeKey(page: Page, user: string): Promise<string> {
    await page.getByRole('button', { name: 'New key' }).click()
    await page.getByLabel('For').fill(user)
    await page.getByLabel('ollama').check()
    await page.getByRole('button', { name: 'Make key' }).click()
    const secret = page.locator('output')
    await secret.waitFor()
    return await secret.innerText()
  }

  it('a key that is made works at once, and its secret is in the page only until it is closed', async () => {
    const { page, strictness } = await fixture.open('/keys', 'owner')
    const key = await makeKey(page, 'kitchen-display')
    expect(await findViolations(page)).toEqual([])
    expect(await page.getByRole('tabpanel').innerText()).toContain(key)
    await waitForStatus(key, 200)
    // Nothing but its button closes what is shown once.
    await page.keyboard.press('Escape')
    expect(await page.locator('output').innerText()).toBe(key)
    await page.getByRole('button', { name: 'Done, I have it' }).click()
    await page.getByRole('link', { name: 'kitchen-display' }).waitFor()
    const left = await page.evaluate(
      '[document.documentElement.outerHTML, JSON.stringify({ ...localStorage, ...sessionStorage }), location.href].join()',
    )
    expect(left).not.toContain(key.slice(14))
    expect(strictness.foreign).toEqual([])
  })

  it('a key that is disabled or removed in the page is refused within seconds', async () => {
    const { page } = await fixture.open('/keys', 'owner')
    const key = await makeKey(page, 'old-radio')
    await waitForStatus(key, 200)
    await page.getByRole('button', { name: 'Done, I have it' }).click()
    const act = async (name: string, button: string) => {
      await page.getByRole('button', { name: 'Acts on old-radio' }).click()
      await page.getByRole('menuitem', { name }).click()
      expect(await findViolations(page)).toEqual([])
      await page.getByRole('button', { name: button }).click()
      await page.locator('dialog').waitFor({ state: 'detached' })
    }
    await act('Disable', 'Disable key')
    await waitForStatus(key, 401)
    await act('Enable', 'Enable key')
    await waitForStatus(key, 200)
    await act('Remove', 'Remove key')
    await waitForStatus(key, 401)
    await page.getByRole('link', { name: 'old-radio' }).waitFor({ state: 'detached' })
  })

  it('a form says at the field what is wrong, and asks before it loses what was typed', async () => {
    const { page } = await fixture.open('/keys', 'owner')
    await page.getByRole('button', { name: 'New key' }).click()
    await page.getByLabel('For').fill('kitchen')
    await page.getByLabel('ollama').check()
    await page.getByLabel('Limits').fill('60 a minute')
    await page.getByRole('button', { name: 'Make key' }).click()
    const limits = page.getByLabel('Limits')
    await page.getByText('invalid limit at position 1').waitFor()
    expect(await limits.getAttribute('aria-invalid')).toBe('true')
    expect(await findViolations(page)).toEqual([])
    await page.keyboard.press('Escape')
    await page.getByText('Discard what you typed?').waitFor()
    await page.getByRole('button', { name: 'Keep editing' }).click()
    expect(await limits.inputValue()).toBe('60 a minute')
  })

  it('an end is proposed, and none needs a reason', async () => {
    const { page } = await fixture.open('/keys', 'owner')
    await page.getByRole('button', { name: 'New key' }).click()
    const ends = page.getByLabel('Ends')
    expect(await ends.inputValue()).toBe('90')
    await ends.selectOption('none')
    await page.getByLabel('For').fill('wall')
    await page.getByLabel('ollama').check()
    await page.getByRole('button', { name: 'Make key' }).click()
    expect(await page.locator('output').count()).toBe(0)
    await page.getByLabel('Why it never ends').fill('a display that nobody looks after')
    await page.getByRole('button', { name: 'Make key' }).click()
    await page.locator('output').waitFor()
  })

  it('a member sees the own keys alone, and an auditor changes none', async () => {
    const { page } = await fixture.open('/keys', 'member')
    await page.getByRole('link', { name: 'member' }).waitFor()
    expect(await page.locator('tbody tr').count()).toBe(1)
    expect(await page.getByText('open-webui').count()).toBe(0)
    const other = fixture.keys.find(({ entry }) => entry['user'] === 'open-webui')
    await page.goto(`${fixture.url}/keys/${other?.id}`)
    await page.getByText('There is no key with this id.').waitFor()
    const audit = await fixture.open('/keys', 'auditor')
    await audit.page.getByRole('link', { name: 'open-webui' }).waitFor()
    expect(await audit.page.getByRole('button', { name: 'New key' }).count()).toBe(0)
    expect(await audit.page.getByRole('checkbox').count()).toBe(0)
  })
})
