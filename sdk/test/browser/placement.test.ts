/** Where the panel stands, and what it takes from its page: attributes, properties, and no styles. */
import { describe, expect, it } from 'vitest'
import { askAndWait, panelOf } from '../support/panel-actions.ts'
import { usePanel } from '../support/use-panel.ts'
import { chromiumPath, strictPage } from '../support/widget-fixture.ts'

describe.skipIf(chromiumPath === null)('the place of the panel', () => {
  const { at, open, plan, button } = usePanel()

  it('takes its texts from attributes, and follows their changes', async () => {
    const attributes =
      'open header="Ada" placeholder="Ask about tea" welcome="Good morning." systemPrompt="Be kind." model="m"'
    const { page, panel, chat } = await open(attributes)
    expect(await panel.log.textContent()).toBe('Good morning.')
    expect(await panel.input.getAttribute('placeholder')).toBe('Ask about tea')
    await page.getByRole('region', { name: 'Ada' }).waitFor()
    await askAndWait(page, 'One')
    expect(at.fixture.gateway.chats.at(-1)).toMatchObject({ system: 'Be kind.', model: 'm' })
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
    await at.watched.page.context().close()
    await open('launcher="none"')
    expect(await panelOf(at.watched.page).input.isVisible()).toBe(true)
    expect(await button('Close the chat').count()).toBe(0)
  })

  it('never covers the page of a phone unasked, and fits 320 pixels', async () => {
    const phone = { viewport: { width: 320, height: 640 } }
    for (const attributes of ['open', 'launcher="none"', '']) {
      await at.watched?.page.context().close()
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
      at.watched.page
        .locator('gatekeeper-chat .panel')
        .evaluate((panel, of) => getComputedStyle(panel)[of as 'color'], name)
    await open('open', { colorScheme: 'dark' })
    expect(await colour('backgroundColor')).toBe('rgb(26, 28, 32)')
    await at.watched.page.context().close()
    const { chat } = await open('open theme="light"', { colorScheme: 'dark' })
    expect(await colour('backgroundColor')).toBe('rgb(255, 255, 255)')
    await chat.evaluate((host: HTMLElement) => host.style.setProperty('--gk-paper', 'rgb(1, 2, 3)'))
    expect(await colour('backgroundColor')).toBe('rgb(1, 2, 3)')
  })

  it('moves nothing for readers who asked for less motion', async () => {
    const animation = () =>
      at.watched.page
        .locator('gatekeeper-chat .typing')
        .evaluate((typing) => getComputedStyle(typing).animationName)
    for (const [reducedMotion, name] of [
      ['reduce', 'none'],
      ['no-preference', 'gk'],
    ] as const) {
      await at.watched?.page.context().close()
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
    const { url: gateway } = at.fixture.gateway
    const head = '<link rel="stylesheet" href="/hostile.css">'
    at.fixture.put('/hostile.css', { body: rules.join(''), fields: { 'content-type': 'text/css' } })
    at.fixture.put(
      '/hostile',
      strictPage({ gateway, head, attributes: 'open', policy: "style-src 'self'" }),
    )
    const looksOf = () =>
      at.watched.page.locator('gatekeeper-chat .root').evaluate((root) =>
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
    at.watched = await at.fixture.open('/hostile')
    await askAndWait(at.watched.page, 'One')
    expect(await looksOf()).toEqual(usual)
  })
})
