/** What people do with the panel, and what it does for them. */
import { describe, expect, it, vi } from 'vitest'
import { askAndWait } from '../support/panel-actions.ts'
import { usePanel } from '../support/use-panel.ts'
import { chromiumPath } from '../support/widget-fixture.ts'

const limit = (retryAfter: number) => ({
  refusal: {
    status: 429,
    error: 'RateLimitExceeded',
    message: `You have exceeded the allowed number of requests. Try again in ${retryAfter} seconds.`,
    retryAfter,
  },
})

describe.skipIf(chromiumPath === null)('the panel', () => {
  const { at, open, plan, button } = usePanel()

  it('is used with the keyboard alone, from the launcher to a second answer and back', async () => {
    const { page, panel } = await open('launcher="Ask Ada"')
    const press = (...keys: string[]) =>
      keys.reduce((before, key) => before.then(() => page.keyboard.press(key)), Promise.resolve())
    const focused = () =>
      page.evaluate(() => {
        const { activeElement: inner } = document.querySelector('gatekeeper-chat')?.shadowRoot ?? {}
        return inner?.ariaLabel || inner?.textContent || inner?.tagName || null
      })
    await press('Tab')
    expect(await focused()).toBe('Ask Ada')
    await press('Enter')
    expect(await focused()).toBe('Ask something')
    plan({ pieces: ['```js\nlet a\n```\n[a link](https://shop.example/)'] })
    await page.keyboard.type('One')
    await press('Shift+Enter')
    await page.keyboard.type('more')
    await press('Enter')
    await panel.waitForStatus('Answer complete')
    expect(at.fixture.gateway.chats[0]?.messages).toEqual([{ role: 'user', content: 'One\nmore' }])
    const walk: unknown[] = []
    for (let step = 0; step < 6; step++) {
      await press('Shift+Tab')
      walk.push(await focused())
    }
    expect(walk).toEqual([
      'a link',
      'let a',
      'Copy',
      'Conversation',
      'Close the chat',
      'Begin a new conversation',
    ])
    await press('Escape')
    expect(await focused()).toBe('Ask Ada')
    expect(await panel.input.isVisible()).toBe(false)
  })

  it('says one line to screen readers, not every piece', async () => {
    const { page, panel } = await open()
    plan({ pieces: Array.from({ length: 40 }, (_, at) => `word${at} `), delayMs: 5 })
    await page.evaluate(() => {
      const root = document.querySelector('gatekeeper-chat')?.shadowRoot
      const status = root?.querySelector('[role=status]') as HTMLElement
      const said: string[] = []
      Object.assign(window, { said })
      new MutationObserver(() => said.push(status.textContent ?? '')).observe(status, {
        childList: true,
      })
    })
    await askAndWait(page, 'Count')
    const said = await page.evaluate(() => (window as unknown as { said: string[] }).said)
    expect(said).toEqual(['Answering', expect.stringMatching(/^Answer complete: word0 word1 /)])
    expect(await panel.log.getAttribute('aria-live')).toBe('off')
  })

  it('stops an answer: what came stays, and the request ends', async () => {
    const { panel } = await open()
    plan({ pieces: ['Cold water'], waits: true })
    const { aborted } = at.fixture.gateway.counts
    await panel.ask('Iced?')
    await panel.answers.filter({ hasText: 'Cold water' }).waitFor()
    await button('Stop the answer').click()
    await panel.waitForStatus('Stopped')
    await vi.waitFor(() => expect(at.fixture.gateway.counts.aborted).toBe(aborted + 1))
    expect(await panel.answers.count()).toBe(1)
    expect(await panel.note.count()).toBe(0)
    plan({ pieces: ['Yes.'] })
    await panel.ask('Sure?')
    await panel.waitForStatus('Answer complete')
    expect(at.fixture.gateway.chats.at(-1)?.messages.map(({ content }) => content)).toEqual([
      'Iced?',
      'Cold water',
      'Sure?',
    ])
  })

  it('gives the text back when nothing came, and Retry sends it again', async () => {
    const { panel } = await open()
    plan(
      { refusal: { status: 502, error: 'UpstreamError', message: 'The model did not answer.' } },
      { pieces: ['Yes.'] },
    )
    await panel.ask('Iced?')
    await panel.note.filter({ hasText: 'The model did not answer.' }).waitFor()
    expect(await panel.input.inputValue()).toBe('Iced?')
    expect(await panel.answers.count()).toBe(0)
    await button('Retry').click()
    await panel.waitForStatus('Answer complete: Yes.')
    expect(await panel.note.count()).toBe(0)
    expect(await panel.input.inputValue()).toBe('')
  })

  it('counts the seconds down when a limit is reached', async () => {
    const { page, panel } = await open()
    await page.clock.install()
    plan(limit(12))
    await panel.ask('Iced?')
    const retry = panel.note.getByRole('button')
    await panel.note.filter({ hasText: 'Retry in 12 s' }).waitFor()
    expect(await retry.isDisabled()).toBe(true)
    await page.clock.runFor(6_000)
    expect(await retry.textContent()).toMatch(/^Retry in [67] s$/)
    await page.clock.runFor(7_000)
    expect([await retry.textContent(), await retry.isDisabled()]).toEqual(['Retry', false])
  })

  it('offers no Retry where the same message fails again', async () => {
    const { panel } = await open()
    plan({ refusal: { status: 413, error: 'PromptTooLong', message: 'The message is too long.' } })
    await panel.ask('Iced?')
    await panel.note.filter({ hasText: 'too long' }).waitFor()
    expect(await panel.note.getByRole('button').count()).toBe(0)
    expect(await panel.input.inputValue()).toBe('Iced?')
  })

  it('keeps a part of an answer that breaks off, and says so', async () => {
    const { panel } = await open()
    plan({
      pieces: ['Cold wa'],
      error: { error: 'UpstreamError', message: 'The model broke off.' },
    })
    await panel.ask('Iced?')
    await panel.note.filter({ hasText: 'The model broke off.' }).waitFor()
    expect(await panel.answers.textContent()).toBe('Cold wa')
  })

  it('says that it is offline, and goes on when it is back', async () => {
    const { page, panel } = await open()
    await page.context().setOffline(true)
    await panel.ask('Iced?')
    await panel.note.filter({ hasText: 'cannot be reached' }).waitFor()
    await page.context().setOffline(false)
    await button('Retry').click()
    await panel.waitForStatus('Answer complete')
  })

  it('copies the code of an answer', async () => {
    const { page, panel } = await open()
    plan({ pieces: ['```sh\nbrew --tea\n\nstir\n```'] })
    await askAndWait(page, 'How?')
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
    await button('Copy').click()
    await panel.answers.filter({ hasText: 'Copied' }).waitFor()
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe('brew --tea\n\nstir')
    await button('Copy').waitFor()
    await page.evaluate(() => {
      navigator.clipboard.writeText = () => Promise.reject(new Error('not allowed'))
    })
    await button('Copy').click()
    await panel.answers.filter({ hasText: 'Cannot copy here' }).waitFor()
  })

  it('does not move the list under a reader who scrolled up', async () => {
    const { page, panel } = await open()
    const lines = Array.from({ length: 120 }, (_, at) => `Line ${at}\n\n`)
    plan({ pieces: lines, delayMs: 20 })
    const top = () => panel.log.evaluate((log) => log.scrollTop)
    const fromEnd = () =>
      panel.log.evaluate((log) => log.scrollHeight - log.scrollTop - log.clientHeight)
    await panel.ask('Many lines')
    await panel.answers.filter({ hasText: 'Line 40' }).waitFor()
    expect(await fromEnd()).toBeLessThan(60)
    await panel.log.hover()
    await page.mouse.wheel(0, -30)
    await button('Newest message').waitFor()
    const before = await top()
    await panel.answers.filter({ hasText: 'Line 80' }).waitFor()
    expect(await top()).toBe(before)
    await button('Newest message').click()
    await vi.waitFor(async () => expect(await fromEnd()).toBeLessThan(60))
    await panel.waitForStatus('Answer complete')
    expect(await fromEnd()).toBeLessThan(5)
    expect(await button('Newest message').count()).toBe(0)
  })

  it('begins a new conversation, and forgets an answer that still arrives', async () => {
    const { panel } = await open()
    plan({ pieces: ['One '], waits: true })
    await panel.ask('First')
    await panel.answers.filter({ hasText: 'One' }).waitFor()
    await button('Begin a new conversation').click()
    expect(await panel.log.textContent()).toBe('Ask a question to begin.')
    plan({ pieces: ['Two'] })
    await panel.ask('Second')
    await panel.waitForStatus('Answer complete')
    expect(at.fixture.gateway.chats.at(-1)?.messages).toEqual([{ role: 'user', content: 'Second' }])
  })

  it('gets another token when the gateway refuses the one in use', async () => {
    const { page } = await open()
    await askAndWait(page, 'One')
    const { tokens } = at.fixture.gateway.counts
    at.fixture.gateway.revoke()
    await askAndWait(page, 'Two')
    expect(at.fixture.gateway.counts.tokens).toBe(tokens + 1)
  })

  it('solves a challenge where the gateway asks for one, under the same policy', async () => {
    at.fixture.gateway.challengeBits = 14
    try {
      const { page, panel } = await open()
      await askAndWait(page, 'One')
      expect(await panel.answers.textContent()).toBe('Hello there')
    } finally {
      at.fixture.gateway.challengeBits = null
    }
  })

  it('two tabs have a token each, and a wrong clock renews nothing', async () => {
    const { page } = await open()
    const second = await page.context().newPage()
    await second.clock.setSystemTime(new Date('2031-01-01'))
    await second.goto(`${at.fixture.shop}/`)
    const { tokens } = at.fixture.gateway.counts
    await askAndWait(page, 'One')
    await askAndWait(second, 'One')
    await askAndWait(second, 'Two')
    await askAndWait(page, 'Two')
    expect(at.fixture.gateway.counts.tokens).toBe(tokens + 2)
    expect(at.fixture.gateway.chats.at(-1)?.messages).toHaveLength(3)
  })
})
