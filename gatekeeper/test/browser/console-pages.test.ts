/**
 * Every page of the console, as people see it: readable in each theme, usable by keyboard and in a
 * narrow window, strict about where it sends requests and what may run in it. Pictures of all of
 * them are for looking at.
 */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import type { BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { waitUntil } from '../support/child.ts'
import { type ConsoleFixture, startConsoleFixture } from './support/console-fixture.ts'
import { provideBrowser } from './support/install.ts'

const programs = await provideBrowser()
const root = resolve(import.meta.dirname, '../../..')
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** Addresses without parameters, and whether they are shown without a session. */
function readPages(): readonly { readonly path: string; readonly isOpen: boolean }[] {
  const text = readFileSync(join(root, 'console/src/pages.ts'), 'utf8')
  const rows = text.slice(text.indexOf('export const pages')).split(/(?=\bpath:)/)
  return rows.flatMap((row) => {
    const path = /^path: '([^':]+)'/.exec(row)?.[1]
    return path === undefined ? [] : [{ path, isOpen: /isOpen: true/.test(row) }]
  })
}

const pages = readPages()
const looks: readonly (readonly [string, BrowserContextOptions])[] = [
  ['light', { colorScheme: 'light' }],
  ['dark', { colorScheme: 'dark' }],
  ['forced', { forcedColors: 'active' }],
]

type Violation = { readonly id: string; readonly nodes: readonly { readonly html: string }[] }

/** What is wrong for people with other senses or other hands, one line each. */
async function findViolations(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe)
  const violations = (await page.evaluate(
    "axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })" +
      '.then(({ violations }) => violations)',
  )) as readonly Violation[]
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`))
}

/** Playwright's own wait evaluates text in the page, and the policy forbids that. */
async function waitIn(page: Page, condition: string): Promise<void> {
  const limitMs = 10_000
  await waitUntil(async () => (await page.evaluate(condition)) === true, {
    limitMs,
    describe: () => `${page.url()} has not: ${condition}`,
  })
}

/** Nothing is on its way any more, and nothing was shown as loading. */
async function settle(page: Page): Promise<void> {
  await page.locator('h1').first().waitFor()
  await waitIn(page, "document.querySelectorAll('[aria-busy=true]').length === 0")
  await page.evaluate('document.fonts.ready')
  await page.evaluate('new Promise((done) => requestAnimationFrame(() => setTimeout(done, 50)))')
}

function widthBeyond(page: Page): Promise<number> {
  return page.evaluate('document.documentElement.scrollWidth - innerWidth')
}

describe.skipIf(programs === null)('the console', () => {
  let fixture: ConsoleFixture
  beforeAll(async () => {
    fixture = await startConsoleFixture(programs)
  })
  afterEach(() => fixture.closePages())
  afterAll(() => fixture?.stop())

  const open = async (path: string, options: BrowserContextOptions = {}) => {
    const isOpen = pages.find((page) => page.path === path)?.isOpen === true
    const opened = await fixture.open(path, isOpen ? null : 'owner', options)
    await settle(opened.page)
    return opened
  }
  const nameOf = (path: string) => (path === '/' ? 'overview' : path.slice(1).replaceAll('/', '-'))
  const picture = (page: Page, name: string) =>
    page.screenshot({ path: join(fixture.pictures, `${name}.png`), fullPage: true })

  it('has its pages', () => {
    expect(pages.map(({ path }) => path)).toContain('/')
  })

  describe.each(pages)('$path', ({ path }) => {
    it.each(looks)('has nothing that axe finds, in %s', async (look, options) => {
      const { page, strictness } = await open(path, options)
      await picture(page, `${nameOf(path)}-${look}`)
      expect(await strictness.violations()).toEqual([])
      expect(await findViolations(page)).toEqual([])
      expect(strictness.errors).toEqual([])
      expect(strictness.foreign).toEqual([])
    })

    it.each([
      ['at 320 pixels', { viewport: { width: 320, height: 700 } }],
      ['at 200 %', { viewport: { width: 640, height: 430 }, deviceScaleFactor: 2 }],
    ] as const)('needs no scrolling sideways %s', async (name, options) => {
      const { page } = await open(path, options)
      await picture(page, `${nameOf(path)}-${name.includes('320') ? 'phone' : 'zoomed'}`)
      expect(await widthBeyond(page)).toBeLessThanOrEqual(0)
      expect(await findViolations(page)).toEqual([])
    })

    it('moves nothing for those who asked for that', async () => {
      const { page } = await open(path, { reducedMotion: 'reduce' })
      expect(await page.evaluate('document.getAnimations().length')).toBe(0)
    })
  })

  describe('by keyboard', () => {
    it('leads through every control in order, each of them seen', async () => {
      const { page } = await open('/')
      await page.keyboard.press('Tab')
      expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to the page')
      const seen = new Set<string>()
      for (let step = 0; step < 60; step++) {
        const at = (await page.evaluate(describeFocus)) as FocusSeen | null
        if (at === null || seen.has(at.key)) break
        seen.add(at.key)
        expect([at.key, at.isVisible, at.outline]).toEqual([at.key, true, true])
        await page.keyboard.press('Tab')
      }
      expect(seen.size).toBeGreaterThan(8)
    })

    it('skips the navigation', async () => {
      const { page } = await open('/')
      await page.keyboard.press('Tab')
      await page.keyboard.press('Enter')
      expect(await page.evaluate('document.activeElement.id')).toBe('main')
    })

    it('searches at /, helps at ?, and gives the focus back', async () => {
      const { page } = await open('/')
      await page.keyboard.press('/')
      expect(await page.evaluate("document.activeElement.hasAttribute('data-search')")).toBe(true)
      await page.keyboard.type('over')
      await page.locator('[role=option]').first().waitFor()
      expect(await findViolations(page)).toEqual([])
      await page.keyboard.press('Escape')
      await page.evaluate('document.activeElement.blur()')
      await page.keyboard.press('?')
      const dialog = page.locator('dialog[open]')
      await dialog.waitFor()
      await picture(page, 'help-light')
      expect(await findViolations(page)).toEqual([])
      await page.keyboard.press('Escape')
      await dialog.waitFor({ state: 'detached' })
    })

    it('opens the menu of the person, whose arrows choose a theme that stays', async () => {
      const { page } = await open('/', { colorScheme: 'light' })
      const menu = page.getByRole('button', { name: /^Signed in as/ })
      await menu.focus()
      await page.keyboard.press('Enter')
      await page.locator('[role=menu]').waitFor()
      expect(await findViolations(page)).toEqual([])
      await page.keyboard.press('ArrowDown')
      await page.keyboard.press('ArrowDown')
      await page.keyboard.press('Enter')
      expect(await page.evaluate('document.documentElement.dataset.theme')).toBe('dark')
      expect(await page.evaluate("document.activeElement.getAttribute('aria-haspopup')")).toBe(
        'menu',
      )
      await page.reload()
      await settle(page)
      expect(await page.evaluate('getComputedStyle(document.body).colorScheme')).toBe('dark')
    })

    it('jumps, and puts the focus on the title of the new page', async () => {
      const other = pages.find(({ path }) => path === '/services' || path === '/queue')
      if (other === undefined) return
      const { page } = await open('/')
      await page.keyboard.press('g')
      await page.keyboard.press(other.path === '/queue' ? 'q' : 's')
      await page.waitForURL(`**${other.path}`)
      await waitIn(page, "document.activeElement?.tagName === 'H1'")
    })
  })

  describe('input', () => {
    it('is not lost by Escape or the way back without a question', async () => {
      const { page } = await open('/')
      await page.getByRole('link', { name: /^Keys/ }).click()
      await page.getByRole('button', { name: 'New key' }).click()
      const dialog = page.locator('dialog[open]')
      const first = dialog.locator('input[type=text]').first()
      await first.fill('kitchen-display')
      await page.keyboard.press('Escape')
      await dialog.getByText('Discard what you typed?').waitFor()
      expect(await findViolations(page)).toEqual([])
      await dialog.getByRole('button', { name: 'Keep editing' }).click()
      expect(await first.inputValue()).toBe('kitchen-display')
      await page.goBack()
      await dialog.getByText('Discard what you typed?').waitFor()
      expect(new URL(page.url()).pathname).toBe('/keys')
      await dialog.getByRole('button', { name: 'Discard' }).click()
      await dialog.waitFor({ state: 'detached' })
    })
  })

  describe('by role', () => {
    it('a member has what is theirs, and no trace of the rest', async () => {
      const { page } = await fixture.open('/', 'member')
      await settle(page)
      await picture(page, 'overview-member')
      const names = await page.locator('nav#navigation a').allInnerTexts()
      expect(names.join(' ')).not.toMatch(/People|Audit|Provider|Services|clients|Address/)
      expect(await findViolations(page)).toEqual([])
      await page.goto(`${fixture.url}/people`)
      expect(await page.locator('h1').innerText()).toBe('Not found')
    })

    it('without a session every page leads to the sign-in, which knows the way back', async () => {
      const { page } = await fixture.open('/?range=7d', null)
      await page.waitForURL('**/signin?then=*')
      expect(new URL(page.url()).searchParams.get('then')).toBe('/?range=7d')
    })

    it('a session that ended elsewhere leads there too', async () => {
      const { page } = await fixture.open('/', 'admin')
      await settle(page)
      const stored = await page.evaluate("localStorage.getItem('gatekeeper.session')")
      await page.evaluate(
        `fetch('/admin/v1/session', { method: 'DELETE', headers: { 'x-gatekeeper-session': ${JSON.stringify(stored)} } })`,
      )
      await page.reload()
      await page.waitForURL('**/signin*')
      expect(await page.evaluate("localStorage.getItem('gatekeeper.session')")).toBeNull()
    })
  })

  it('is painted within 300 ms on a processor a quarter as fast', async () => {
    const { page } = await open('/')
    const session = await page.context().newCDPSession(page)
    await session.send('Emulation.setCPUThrottlingRate', { rate: 4 })
    const times: number[] = []
    for (let turn = 0; turn < 5; turn++) {
      await page.reload()
      await page.locator('h1').first().waitFor()
      times.push((await page.evaluate(firstPaint)) as number)
    }
    // Other work of the machine makes it slower, never quicker.
    const second = times.sort((a, b) => a - b)[1] ?? Number.NaN
    process.stdout.write(`first paint at 4x: ${times.map(Math.round).join(', ')} ms\n`)
    expect(second).toBeLessThan(300)
  })
})

const firstPaint = `performance.getEntriesByName('first-contentful-paint')[0].startTime`

type FocusSeen = { readonly key: string; readonly isVisible: boolean; readonly outline: boolean }

/** The focused control: which one, whether it is seen, and whether it shows that it has the focus. */
const describeFocus = `(() => {
  const element = document.activeElement
  if (element === null || element === document.body) return null
  const all = [...document.querySelectorAll('*')]
  const box = element.getBoundingClientRect()
  const style = getComputedStyle(element)
  return {
    key: all.indexOf(element) + ' ' + element.tagName + ' ' + (element.ariaLabel ?? element.textContent).trim().slice(0, 40),
    isVisible: box.width > 0 && box.height > 0 && box.bottom > 0 && box.top < innerHeight && box.right > 0,
    outline: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0,
  }
})()`
