/** How the panel looks in each state. The pictures are for looking at. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { BrowserContextOptions } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findAxeViolations } from '../support/axe.ts'
import { askAndWait, panelOf } from '../support/panel-actions.ts'
import {
  chromiumPath,
  startWidgetFixture,
  strictPage,
  type WidgetFixture,
} from '../support/widget-fixture.ts'

const folder = process.env['WIDGET_TEST_SHOTS'] ?? ''
const looks: readonly (readonly [string, BrowserContextOptions])[] = [
  ['light', { colorScheme: 'light' }],
  ['dark', { colorScheme: 'dark' }],
  ['phone-light', { colorScheme: 'light', viewport: { width: 320, height: 640 }, hasTouch: true }],
  ['phone-dark', { colorScheme: 'dark', viewport: { width: 320, height: 640 }, hasTouch: true }],
  ['forced', { forcedColors: 'active' }],
]

const answer = [
  'Of ours, **hojicha**: roasting takes most of the caffeine away.\n',
  '- 4 g for 250 ml\n- 90 °C, not boiling\n- one minute, then a second cup of 30 seconds\n\n',
  'For a timer on your phone:\n```sh\nbrew --tea hojicha --first 60\n```\n',
  '| Tea | Caffeine |\n|---|---:|\n| hojicha | 8 mg |\n| sencha | 30 mg |\n\n',
  '> Roasted at 200 °C.\n\nSee [our list](https://shop.example/teas) or https://shop.example/faq.',
]

describe.skipIf(chromiumPath === null)('the looks of the panel', () => {
  let fixture: WidgetFixture
  beforeAll(async () => {
    fixture = await startWidgetFixture()
    const text = '<p>A small shop, with a page of its own.</p>'
    const css = 'body{font:16px/1.6 Georgia,serif;margin:48px;background:#f6f1e7;color:#2b2620}'
    const dark = '@media(prefers-color-scheme:dark){body{background:#1d1a16;color:#e8e2d8}}'
    fixture.put('/shop.css', { body: css + dark, fields: { 'content-type': 'text/css' } })
    const head = '<link rel="stylesheet" href="/shop.css">'
    const { url: gateway } = fixture.gateway
    const attributes = 'title="Ada of the shop" placeholder="Ask about tea" launcher="Ask Ada"'
    const policy = "style-src 'self'"
    fixture.put('/', strictPage({ gateway, attributes, head, text, policy }))
    if (folder !== '') mkdirSync(folder, { recursive: true })
  })
  afterAll(() => fixture?.stop())

  it.each(looks)(
    '%s: every state is readable, and no state has an axe violation',
    async (look, options) => {
      const { gateway } = fixture
      const { page, faults, foreign } = await fixture.open('/', options)
      const panel = panelOf(page)
      const found: string[] = []
      const see = async (state: string) => {
        if (folder !== '') await page.screenshot({ path: join(folder, `${look}-${state}.png`) })
        found.push(...(await findAxeViolations(page)).map((line) => `${state}: ${line}`))
      }
      await page.getByRole('button', { name: 'Ask Ada' }).waitFor()
      await see('launcher')
      await page.getByRole('button', { name: 'Ask Ada' }).click()
      await see('empty')
      gateway.plan = () => ({ pieces: answer })
      await askAndWait(page, 'Which tea has the least caffeine, and how do I brew it?')
      await see('answer')
      gateway.plan = () => ({ waits: true })
      await panel.ask('And for iced tea?')
      await panel.waitForStatus('Answering')
      await see('waiting')
      await page.getByRole('button', { name: 'Stop the answer' }).click()
      gateway.plan = () => ({ pieces: ['Cold water, ', 'eight hours'], waits: true })
      await panel.ask('And for iced tea?')
      await panel.answers.filter({ hasText: 'eight hours' }).waitFor()
      await see('stream')
      await page.getByRole('button', { name: 'Stop the answer' }).click()
      const message = 'You have exceeded the allowed number of requests. Try again in 12 seconds.'
      const limit = { status: 429, error: 'RateLimitExceeded', message, retryAfter: 12 }
      gateway.plan = () => ({ refusal: limit })
      await panel.ask('And how long does it keep?')
      await panel.note.waitFor()
      await see('limit')
      gateway.plan = () => ({
        refusal: { status: 502, error: 'UpstreamError', message: 'The model did not answer.' },
      })
      await panel.ask('And how long does it keep?')
      await panel.note.filter({ hasText: 'did not answer' }).waitFor()
      await see('error')
      expect({ found, faults, foreign }).toEqual({ found: [], faults: [], foreign: [] })
      await page.context().close()
    },
  )
})
