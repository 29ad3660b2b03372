import type { Page } from 'playwright-core'

/** What a page must never do, as found so far. */
export type Strictness = {
  /** Requests to other origins. */
  readonly foreign: readonly string[]
  /** Uncaught exceptions, and lines of the console that are errors. */
  readonly errors: readonly string[]
  /** What the policy of our own answers forbade. */
  readonly violations: () => Promise<readonly string[]>
}

/** Watches the page from before its first script. */
export async function watchStrictly(page: Page, origin: string): Promise<Strictness> {
  const foreign: string[] = []
  const errors: string[] = []
  page.on('request', (request) => {
    if (new URL(request.url()).origin !== origin) foreign.push(request.url())
  })
  page.on('pageerror', (error) => void errors.push(String(error)))
  page.on('console', (message) => {
    // A refused call is an answer, and Chromium reports it as an error of loading.
    const isLoading = message.text().startsWith('Failed to load resource')
    if (message.type() === 'error' && !isLoading) errors.push(message.text())
  })
  await page.addInitScript(`
    window.gkViolations = []
    addEventListener('securitypolicyviolation', (event) => {
      window.gkViolations.push(event.violatedDirective + ' ' + event.blockedURI + ' ' + event.sample)
    })`)
  const violations = async () => (await page.evaluate('window.gkViolations')) as readonly string[]
  return { foreign, errors, violations }
}
