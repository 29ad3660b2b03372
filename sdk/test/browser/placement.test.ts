/** Where the panel stands, and what it takes from its page: attributes, properties, and no styles. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Outcome } from '../support/fake-gateway.ts'
import { askAndWait, panelOf } from '../support/panel-actions.ts'
import {
  chromiumPath,
  startWidgetFixture,
  strictPage,
  type Watched,
  type WidgetFixture,
} from '../support/widget-fixture.ts'

describe.skipIf(chromiumPath === null)('the place of the panel', () => {
  let fixture: WidgetFixture
  let watched: Watched
  beforeAll(async () => {
    fixture = await startWidgetFixture()
  })
  afterAll(() => fixture?.stop())
  beforeEach(() => {
    const { gateway } = fixture
    gateway.lifetime = '15m'
    gateway.chats.length = 0
    gateway.plan = () => ({ pieces: ['Hello', ' there'] })
  })
  afterEach(async () => {
    expect(watched.faults).toEqual([])
    expect(watched.foreign).toEqual([])
    await watched.page.context().close()
  })

  const open = async (attributes = 'open', options = {}) => {
    fixture.put('/', strictPage({ gateway: fixture.gateway.url, attributes }))
    watched = await fixture.open('/', options)
    const { page } = watched
    await page.locator('gatekeeper-chat section').waitFor({ state: 'attached' })
    return { page, panel: panelOf(page), chat: page.locator('gatekeeper-chat') }
  }
  /** Answers in this order; the last one stays. */
  const plan = (...outcomes: Outcome[]) => {
    fixture.gateway.plan = () => (outcomes.length > 1 ? outcomes.shift() : outcomes[0]) ?? {}
  }
  const button = (name: string) => watched.page.getByRole('button', { name })

  it('takes its texts from attributes, and follows their changes', async () => {
    const attributes =
      'open header="Ada" placeholder="Ask about tea" welcome="Good morning." systemPrompt="Be kind." model="m"'
    const { page, panel, chat } = await open(attributes)
    expect(await panel.log.textContent()).toBe('Good morning.')
    expect(await panel.input.getAttribute('placeholder')).toBe('Ask about tea')
    await page.getByRole('region', { name: 'Ada' }).waitFor()
    await askAndWait(page, 'One')
    expect(fixture.gateway.chats.at(-1)).toMatchObject({ system: 'Be kind.', model: 'm' })
    expect(await chat.locator('footer').textContent()).toBe(
      'llama3.2 · answers are made by a machine',
    )
    await chat.evaluate((host) => host.setAttribute('title', 'Grace'))
    await page.getByRole('region', { name: 'Grace' }).waitFor()
  })

  it('stands in its place with inline, and alone with launcher="none"', async () => {
    const { panel } = await open('inline style="height:480px"')
    const box = await panel.log.boundingBox()
    expect([(box?.width ?? 0) > 900, await button('Close the chat').count()]).toEqual([true, 0])
    await watched.page.context().close()
    await open('launcher="none"')
    expect(await panelOf(watched.page).input.isVisible()).toBe(true)
    expect(await button('Close the chat').count()).toBe(0)
  })

  it('never covers the page of a phone unasked, and fits 320 pixels', async () => {
    const phone = { viewport: { width: 320, height: 640 } }
    for (const attributes of ['open', 'launcher="none"', '']) {
      await watched?.page.context().close()
      const { page, panel } = await open(attributes, phone)
      expect(await panel.input.isVisible()).toBe(false)
      await button('Chat').click()
      await panel.input.waitFor()
      plan({
        pieces: [
          'a'.repeat(200),
          ` https://shop.example/${'b'.repeat(100)}`,
          `\n\`\`\`\n${'c'.repeat(200)}\n\`\`\``,
        ],
      })
      await askAndWait(page, 'One')
      const widths = await panel.log.evaluate((log) => [
        log.scrollWidth,
        log.clientWidth,
        document.documentElement.scrollWidth,
      ])
      expect(widths[0]).toBe(widths[1])
      expect(widths[2]).toBe(320)
    }
  })

  it('takes its theme from the reader or the page, and its colours from properties', async () => {
    const colour = (name: string) =>
      watched.page
        .locator('gatekeeper-chat .panel')
        .evaluate((panel, of) => getComputedStyle(panel)[of as 'color'], name)
    await open('open', { colorScheme: 'dark' })
    expect(await colour('backgroundColor')).toBe('rgb(26, 28, 32)')
    await watched.page.context().close()
    const { chat } = await open('open theme="light"', { colorScheme: 'dark' })
    expect(await colour('backgroundColor')).toBe('rgb(255, 255, 255)')
    await chat.evaluate((host: HTMLElement) => host.style.setProperty('--gk-paper', 'rgb(1, 2, 3)'))
    expect(await colour('backgroundColor')).toBe('rgb(1, 2, 3)')
  })

  it('moves nothing for readers who asked for less motion', async () => {
    const animation = () =>
      watched.page
        .locator('gatekeeper-chat .typing')
        .evaluate((typing) => getComputedStyle(typing).animationName)
    for (const [reducedMotion, name] of [
      ['reduce', 'none'],
      ['no-preference', 'gk'],
    ] as const) {
      await watched?.page.context().close()
      const { panel } = await open('open', { reducedMotion })
      plan({ waits: true })
      await panel.ask('One')
      expect(await animation()).toBe(name)
    }
  })

  it('keeps its looks on a page with hostile styles', async () => {
    const rules = [
      '*{color:red!important;font-size:40px!important;letter-spacing:9px!important;line-height:4!important}',
      '*{text-transform:uppercase!important;background:lime!important;font-family:fantasy!important}',
      'button,textarea,section{display:none!important}.root,.panel{transform:rotate(9deg)!important}',
      ':root{--gk-ink:red;--gk-paper:lime}body{direction:ltr;transform:scale(1)}',
    ]
    const { url: gateway } = fixture.gateway
    const head = '<link rel="stylesheet" href="/hostile.css">'
    fixture.put('/hostile.css', { body: rules.join(''), fields: { 'content-type': 'text/css' } })
    fixture.put(
      '/hostile',
      strictPage({ gateway, head, attributes: 'open', policy: "style-src 'self'" }),
    )
    const looksOf = () =>
      watched.page.locator('gatekeeper-chat .root').evaluate((root) =>
        ['.panel', 'textarea', 'article.me', 'article.it', '.send', 'footer', 'header b'].map(
          (name) => {
            const style = getComputedStyle(root.querySelector(name) as Element)
            const {
              color,
              fontSize,
              fontFamily,
              lineHeight,
              letterSpacing,
              textTransform,
              backgroundColor,
              display,
            } = style
            return [
              name,
              color,
              fontSize,
              fontFamily,
              lineHeight,
              letterSpacing,
              textTransform,
              backgroundColor,
              display,
            ]
          },
        ),
      )
    const { page } = await open()
    await askAndWait(page, 'One')
    const usual = await looksOf()
    await page.context().close()
    watched = await fixture.open('/hostile')
    await askAndWait(watched.page, 'One')
    expect(await looksOf()).toEqual(usual)
  })
})
