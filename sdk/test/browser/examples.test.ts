/** The pages of `examples/` that need no build, with the address of the test's gateway. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { askAndWait, panelOf } from '../support/panel-actions.ts'
import {
  chromiumPath,
  root,
  startWidgetFixture,
  type WidgetFixture,
} from '../support/widget-fixture.ts'

describe.skipIf(chromiumPath === null)('the examples', () => {
  let fixture: WidgetFixture
  beforeAll(async () => {
    fixture = await startWidgetFixture()
  })
  afterAll(() => fixture?.stop())

  const open = async (name: string) => {
    const text = readFileSync(join(root, 'examples', name), 'utf8')
    const body = text.replaceAll('https://localhost:8443', fixture.gateway.url)
    expect(body).not.toBe(text)
    fixture.put(`/${name}`, { body })
    return await fixture.open(`/${name}`)
  }

  it('plain.html has the panel, in the colours of its page', async () => {
    const { page, faults, foreign } = await open('plain.html')
    await page.getByRole('button', { name: 'Ask Ada' }).click()
    await askAndWait(page, 'Which tea?')
    expect(await panelOf(page).answers.textContent()).toBe('Hello there')
    const send = page.getByRole('button', { name: 'Send' })
    expect(await send.evaluate((one) => getComputedStyle(one).backgroundColor)).toBe(
      'rgb(122, 59, 18)',
    )
    expect([faults, foreign]).toEqual([[], []])
  })

  it('older-page.html answers in its own text area, and gives the text back on an error', async () => {
    const { page, faults } = await open('older-page.html')
    await page.fill('#prompt', 'Which tea?')
    await page.press('#prompt', 'Enter')
    await page.locator('#log').filter({ hasText: 'You: Which tea?\nAnswer: Hello there' }).waitFor()
    fixture.gateway.plan = () => ({
      refusal: { status: 413, error: 'PromptTooLong', message: 'The message is too long.' },
    })
    await page.fill('#prompt', 'And iced?')
    await page.click('#send')
    await page.locator('#log').filter({ hasText: 'Answer: The message is too long.' }).waitFor()
    expect(await page.inputValue('#prompt')).toBe('And iced?')
    const turns = fixture.gateway.chats.at(-1)?.messages.map(({ content }) => content)
    expect(turns).toEqual(['Which tea?', 'Hello there', 'And iced?'])
    expect(faults).toEqual([])
  })
})
