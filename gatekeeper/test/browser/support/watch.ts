/**
 * Events that only the browser's own tools show: preflights, and prompts for a name and a password.
 */
import type { Page } from 'playwright-core'

export type Preflight = {
  readonly url: string
  readonly status: number
  readonly fields: Readonly<Record<string, string>>
}

/** Collects the page's preflights, which a page never sees itself. */
export async function watchPreflights(page: Page): Promise<readonly Preflight[]> {
  const session = await page.context().newCDPSession(page)
  const seen: Preflight[] = []
  session.on('Network.responseReceived', ({ type, response }) => {
    if (type !== 'Preflight') return
    const { url, status, headers } = response
    const lower = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])
    seen.push({ url, status, fields: Object.fromEntries(lower) as Record<string, string> })
  })
  await session.send('Network.enable')
  return seen
}

export type Prompt = { readonly scheme: string; readonly realm: string; readonly url: string }

export type Person = {
  /** The prompts that the browser has shown. */
  readonly prompts: readonly Prompt[]
  /** Stops answering prompts: from now on the browser only has what it remembers. */
  readonly leave: () => Promise<void>
}

/**
 * Answers each prompt of the page as a person would, with the key as the password, once, or
 * cancels it if `key` is null.
 */
export async function answerPrompts(page: Page, key: string | null): Promise<Person> {
  const session = await page.context().newCDPSession(page)
  const prompts: Prompt[] = []
  session.on('Fetch.requestPaused', ({ requestId }) => {
    session.send('Fetch.continueRequest', { requestId }).catch(() => {})
  })
  session.on('Fetch.authRequired', ({ requestId, request, authChallenge }) => {
    const { scheme, realm } = authChallenge
    const isFirst = prompts.push({ scheme, realm, url: request.url }) === 1
    const typed = { username: 'ada', password: key ?? '' }
    const authChallengeResponse =
      key !== null && isFirst
        ? ({ response: 'ProvideCredentials', ...typed } as const)
        : ({ response: 'CancelAuth' } as const)
    session.send('Fetch.continueWithAuth', { requestId, authChallengeResponse }).catch(() => {})
  })
  await session.send('Fetch.enable', { handleAuthRequests: true })
  return { prompts, leave: async () => void (await session.detach()) }
}
