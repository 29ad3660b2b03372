import type { BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Fixture, friend, startFixture, stranger } from './support/fixture.ts'
import { provideBrowser } from './support/install.ts'
import {
  fetchFrom,
  loadElement,
  openSandbox,
  openWebSocket,
  submitForm,
} from './support/page-actions.ts'
import { answerPrompts } from './support/watch.ts'

const programs = await provideBrowser()

// Chromium keeps what it remembers from frames of other sites; other browsers do not, and there
// only the gatekeeper protects the person's credentials from a foreign page.
describe.skipIf(programs === null).each([
  { browser: 'a browser that protects its user', isLax: false },
  { browser: 'a browser that leaves that to the server', isLax: true },
])('cross-site request forgery in $browser', ({ isLax }) => {
  let fixture: Fixture
  let context: BrowserContext
  beforeAll(async () => {
    fixture = await startFixture(programs, { isLax })
    const page = await fixture.open('about:blank')
    const person = await answerPrompts(page, fixture.key)
    await page.goto(at('/image/'))
    await page.goto(at('/whisper/'))
    await page.waitForFunction('document.title !== "loading"')
    await person.leave()
    context = page.context()
  })
  beforeEach(() => fixture.forget())
  afterEach(async () => {
    for (const page of context.pages().slice(1)) await page.close()
  })
  afterAll(() => fixture?.stop())

  const at = (path: string) => `${fixture.stack.url}${path}`

  async function visit(origin: string): Promise<Page> {
    const page = await context.newPage()
    await page.goto(origin)
    await fixture.forget()
    return page
  }

  /** All were refused, and there was at least one: the browser did send them. */
  async function expectRefused() {
    const lines = await fixture.decisions()
    expect(lines.length).toBeGreaterThan(0)
    for (const line of lines) expect(line).toMatchObject({ outcome: 'deny' })
    expect(fixture.app.received()).toEqual([])
    expect(fixture.reached()).toBe(0)
  }

  /** Refused, and with the person's credentials in the request. */
  async function expectRefusedForItsOrigin() {
    await expectRefused()
    for (const line of await fixture.decisions()) {
      expect(line).toMatchObject({ status: 403, principal: expect.stringMatching(/^key:/) })
    }
  }

  it('the browser does remember: a page of our own needs no key', async () => {
    const page = await visit(at('/blank'))
    expect(await fetchFrom(page, at('/image/api/queue'))).toMatchObject({ status: 200 })
    expect(fixture.reached()).toBe(1)
  })

  describe.each([
    { who: 'a stranger', origin: () => stranger, isOtherSite: true },
    { who: 'a friend of another service', origin: () => friend, isOtherSite: true },
    { who: 'another port of our host', origin: () => fixture.neighbour, isOtherSite: false },
  ])('a page of $who', ({ origin, isOtherSite }) => {
    const isSent = () => !isOtherSite || isLax
    const expectOutcome = () => (isSent() ? expectRefusedForItsOrigin() : expectRefused())

    it.each(['application/x-www-form-urlencoded', 'text/plain', 'multipart/form-data'])(
      'gets nothing by a form sent as %s',
      async (enctype) => {
        const page = await visit(origin())
        const form = { url: at('/image/api/prompt'), method: 'post', enctype } as const
        expect(await submitForm(page, form)).toBe(403)
        await expectRefusedForItsOrigin()
      },
    )

    it.each(['img', 'script', 'link', 'iframe'] as const)(
      'gets nothing into a <%s>',
      async (element) => {
        const page = await visit(origin())
        const ended = await loadElement(page, element, at('/image/pixel.svg'))
        if (element !== 'iframe') expect(ended).toBe('error')
        await expectOutcome()
      },
    )

    it.each(['GET', 'HEAD', 'POST'])('gets nothing by a blind %s of a script', async (method) => {
      const page = await visit(origin())
      const init = { method, mode: 'no-cors', credentials: 'include' } as const
      // Cross-Origin-Resource-Policy keeps even the opaque answer from the page.
      expect(await fetchFrom(page, at('/image/api/queue'), init)).toHaveProperty('error')
      await expectOutcome()
    })

    it('gets nothing by a script that wants to read', async () => {
      const page = await visit(origin())
      const init = { credentials: 'include' } as const
      expect(await fetchFrom(page, at('/image/api/queue'), init)).toHaveProperty('error')
      await expectOutcome()
    })

    it('gets nothing by sendBeacon and a request that outlives the page', async () => {
      const page = await visit(origin())
      await page.evaluate((url) => {
        const { sendBeacon } = Object.getPrototypeOf(navigator)
        sendBeacon.call(navigator, url, 'x')
      }, at('/image/api/prompt'))
      const init = { method: 'POST', mode: 'no-cors', keepalive: true } as const
      await fetchFrom(page, at('/image/api/prompt'), { ...init, credentials: 'include' })
      await expect.poll(async () => (await fixture.decisions()).length).toBe(2)
      await expectOutcome()
    })

    it('gets nothing by a frame without an origin', async () => {
      const page = await visit(origin())
      const frame = await openSandbox(page)
      const init = { mode: 'no-cors', credentials: 'include' } as const
      for (const method of ['GET', 'POST']) {
        await fetchFrom(frame, at('/image/api/queue'), { ...init, method })
      }
      await expectRefused()
    })

    it('cannot lead the person to an act by a link or a window', async () => {
      const page = await visit(origin())
      const form = { url: at('/image/api/queue'), method: 'get' } as const
      expect(await submitForm(page, form)).toBe(403)
      const other = await visit(origin())
      const popup = context.waitForEvent('page')
      await other.evaluate((url) => {
        const { open } = globalThis as unknown as { open: (url: string) => unknown }
        open(url)
      }, at('/image/api/queue'))
      await (await popup).waitForLoadState()
      await expectRefusedForItsOrigin()
    })

    it.each(['get', 'post'] as const)(
      'cannot lead the person to a %s by a redirect of its own site',
      async (method) => {
        const page = await visit(origin())
        const form = { url: `${origin()}/away`, method, landsAt: at('/image/') }
        expect(await submitForm(page, form)).toBe(403)
        await expectRefusedForItsOrigin()
      },
    )

    it('cannot use plain HTTP either', async () => {
      const page = await visit(origin())
      const url = `http://localhost:${fixture.stack.httpPort}/image/api/prompt`
      expect(await submitForm(page, { url, method: 'post', landsAt: at('/image/') })).toBe(403)
      await expectRefusedForItsOrigin()
    })

    it('cannot open a WebSocket with what the browser remembers', async () => {
      const page = await visit(origin())
      const socket = { url: at('/image/ws').replace('https', 'wss'), text: 'x' }
      expect(await openWebSocket(page, { ...socket, protocols: ['comfy'] })).toMatchObject({
        isOpen: false,
      })
      await expectRefused()
    })
  })

  it('a listed origin of the same service cannot use what the browser remembers', async () => {
    const page = await visit(friend)
    const init = { credentials: 'include' } as const
    expect(await fetchFrom(page, at('/whisper/api'), init)).toHaveProperty('error')
    await fetchFrom(page, at('/whisper/api'), { ...init, mode: 'no-cors', method: 'POST' })
    expect(await submitForm(page, { url: at('/whisper/api'), method: 'post' })).toBe(403)
    await expectRefused()
  })

  it('the key never reaches the application or the logs', () => {
    const { stack, key } = fixture
    const output = stack.gatekeeper.output() + stack.caddy.output()
    const asBasic = Buffer.from(`ada:${key}`).toString('base64')
    for (const text of [key.slice(-49), asBasic]) expect(output.includes(text)).toBe(false)
  })
})
