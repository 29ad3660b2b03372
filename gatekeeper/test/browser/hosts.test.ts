import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Fixture, startFixture } from './support/fixture.ts'
import { provideBrowser } from './support/install.ts'
import { fetchFrom, openWebSocket } from './support/page-actions.ts'
import { answerPrompts } from './support/watch.ts'

const programs = await provideBrowser()

describe.skipIf(programs === null)('an application at a host of its own', () => {
  let fixture: Fixture
  beforeAll(async () => {
    fixture = await startFixture(programs)
  })
  beforeEach(() => fixture.forget())
  afterEach(() => fixture.closePages())
  afterAll(() => fixture?.stop())

  const main = () => fixture.stack.url
  const host = () => main().replace('localhost', 'webui.localhost')
  const socketAt = (origin: string) => ({
    ...{ url: `${origin.replace('https:', 'wss:')}/ws`, protocols: [], text: 'hello' },
  })

  async function enter() {
    const page = await fixture.open('about:blank')
    const person = await answerPrompts(page, fixture.key)
    const answer = await page.goto(`${host()}/`)
    await page.waitForFunction('document.title !== "loading"')
    return { page, person, answer }
  }

  it('a person types the key once, and the page works from the root of the host', async () => {
    const { page, person, answer } = await enter()
    expect(answer?.status()).toBe(200)
    expect(await page.title()).toBe('200 {"ok":true}')
    expect(person.prompts).toEqual([{ scheme: 'basic', realm: 'gatekeeper', url: `${host()}/` }])
    expect(await fetchFrom(page, '/health')).toMatchObject({ status: 200, text: '{"ok":true}' })
    const paths = fixture.app.received().map(({ method, url }) => `${method} ${url}`)
    expect(paths).toEqual(expect.arrayContaining(['GET /', 'POST /api/prompt', 'GET /health']))
    expect(JSON.stringify(fixture.app.received())).not.toMatch(/gk_|authorization/i)
  })

  it('its WebSocket opens with what the browser remembers', async () => {
    const { page, person } = await enter()
    await person.leave()
    expect(await openWebSocket(page, socketAt(host()))).toMatchObject({ echo: 'hello' })
  })

  it('its cookies reach it, and no other host', async () => {
    const { page } = await enter()
    await page.evaluate('document.cookie = "theme=dark; path=/"')
    fixture.app.forget()
    await fetchFrom(page, '/api/queue')
    const [{ rawHeaders = [] } = {}] = fixture.app.received()
    expect(rawHeaders[rawHeaders.indexOf('Cookie') + 1]).toBe('theme=dark')
    await page.goto(`${main()}/blank`)
    expect(await page.evaluate('document.cookie')).toBe('')
  })

  it('a page of the main site cannot act there, although its browser knows the key', async () => {
    const { page } = await enter()
    await page.goto(`${main()}/blank`)
    await fixture.forget()
    for (const credentials of [{}, { credentials: 'include' as const }]) {
      const answer = await fetchFrom(page, `${host()}/api/queue`, {
        method: 'POST',
        ...credentials,
      })
      expect(answer).toHaveProperty('error')
    }
    expect(await openWebSocket(page, socketAt(host()))).toMatchObject({ isOpen: false })
    expect(fixture.reached()).toBe(0)
  })

  it('its page cannot act on the main site', async () => {
    const { page } = await enter()
    await fixture.forget()
    for (const path of ['/image/api/queue', '/api/tags', '/tts/x']) {
      const answer = await fetchFrom(page, main() + path, { credentials: 'include' })
      expect(answer).toHaveProperty('error')
    }
    expect(fixture.reached()).toBe(0)
  })
})
