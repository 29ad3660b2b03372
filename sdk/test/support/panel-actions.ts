import type { Locator, Page } from 'playwright-core'

/** What people do with the panel. Locators find elements in its shadow root. */
export type Panel = {
  readonly input: Locator
  readonly log: Locator
  readonly answers: Locator
  readonly status: Locator
  readonly note: Locator
  readonly ask: (text: string) => Promise<void>
  /** Waits until the line for screen readers has this text. */
  readonly waitForStatus: (text: string) => Promise<void>
}

export function panelOf(page: Page): Panel {
  const chat = page.locator('gatekeeper-chat')
  const input = chat.locator('textarea')
  const status = chat.getByRole('status')
  return {
    ...{ input, status },
    log: chat.locator('.log'),
    answers: chat.getByRole('article', { name: 'Answer' }),
    note: chat.locator('.note'),
    ask: async (text) => {
      await input.fill(text)
      await input.press('Enter')
    },
    waitForStatus: (text) => status.filter({ hasText: text }).waitFor({ timeout: 20_000 }),
  }
}

/** Asks and waits for the whole answer. */
export async function askAndWait(page: Page, text: string): Promise<void> {
  const panel = panelOf(page)
  await panel.ask(text)
  await panel.waitForStatus('Answer complete')
}
