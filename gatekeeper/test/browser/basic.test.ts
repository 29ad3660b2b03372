import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Fixture, startFixture } from './support/fixture.ts'
import { provideBrowser } from './support/install.ts'
import { fetchFrom } from './support/page-actions.ts'
import { answerPrompts, type Prompt } from './support/watch.ts'

const programs = await provideBrowser()

describe.skipIf(programs === null)('browser: basic', () => {
  let fixture: Fixture
  beforeAll(async () => {
    fixture = await startFixture(programs)
  })
  beforeEach(() => fixture.forget())
  afterEach(() => fixture.closePages())
  afterAll(() => fixture?.stop())

  const at = (path: string) => `${fixture.stack.url}${path}`
  const prompt = (url: string): Prompt => ({ scheme: 'basic', realm: 'gatekeeper', url })

  async function enter(key: string | null) {
    const page = await fixture.open('about:blank')
    const person = await answerPrompts(page, key)
    const answer = await page.goto(at('/image/'))
    return { page, person, answer }
  }

  it('a person who opens the page is prompted for the key once, and sees the whole page', async () => {
    const { page, person, answer } = await enter(fixture.key)
    expect(answer?.status()).toBe(200)
    // The page's own script: a same-origin POST with what the browser remembers.
    await page.waitForFunction('document.title !== "loading"')
    expect(await page.title()).toBe('200 {"ok":true}')
    expect(await page.evaluate('getComputedStyle(document.body).color')).toBe('rgb(1, 2, 3)')
    expect(await page.evaluate('document.getElementById("pixel").naturalWidth')).toBe(7)
    expect(person.prompts).toEqual([prompt(at('/image/'))])
    const paths = fixture.app.received().map(({ method, url }) => `${method} ${url}`)
    expect(paths.sort()).toEqual([
      'GET /',
      'GET /pixel.svg',
      'GET /script.js',
      'GET /style.css',
      'POST /api/prompt',
    ])
  })

  it('is remembered: the person is not prompted again', async () => {
    const { page, person } = await enter(fixture.key)
    await page.goto(at('/image/'))
    expect((await page.reload())?.status()).toBe(200)
    expect(person.prompts).toHaveLength(1)
    expect(await fetchFrom(page, at('/image/api/queue'))).toMatchObject({ status: 200 })
  })

  it('a person who types a wrong key is prompted again, and sees nothing of the page', async () => {
    const { person, answer } = await enter(fixture.wrongKey)
    expect(answer?.status()).toBe(401)
    expect(person.prompts).toHaveLength(2)
    expect(fixture.reached()).toBe(0)
  })

  it('a person who types nothing sees the refusal, and nothing reaches the service', async () => {
    const { person, answer } = await enter(null)
    expect(answer?.status()).toBe(401)
    expect(person.prompts).toEqual([prompt(at('/image/'))])
    expect(fixture.reached()).toBe(0)
  })

  it.each(['light', 'dark'] as const)(
    'a person who cancels reads what to do, as a %s page within its content policy',
    async (colorScheme) => {
      const page = await fixture.open('about:blank')
      await page.emulateMedia({ colorScheme })
      await answerPrompts(page, null)
      await page.goto(at('/image/'))
      expect(await page.title()).toBe('An API key is required')
      expect(await page.innerText('body')).toMatch(/enter your API key as the password/)
      // The style is applied, and the browser's own colours follow the person's.
      expect(await page.evaluate('getComputedStyle(document.querySelector("h1")).fontSize')).toBe(
        '22.4px',
      )
      const text = String(await page.evaluate('getComputedStyle(document.body).color'))
      expect(text).toBe(colorScheme === 'dark' ? 'rgb(255, 255, 255)' : 'rgb(0, 0, 0)')
      // For a person to look at: BROWSER_TEST_PICTURES names a folder.
      const folder = process.env['BROWSER_TEST_PICTURES']
      if (folder) await page.screenshot({ path: `${folder}/refusal-${colorScheme}.png` })
    },
  )

  it('a request of a page of this origin makes the browser prompt; programs elsewhere do not', async () => {
    const page = await fixture.open(at('/blank'))
    const person = await answerPrompts(page, fixture.key)
    expect(await fetchFrom(page, at('/image/api/queue'))).toMatchObject({ status: 200 })
    expect(person.prompts).toEqual([prompt(at('/image/api/queue'))])
  })

  it("a script's request never makes the browser prompt on other routes", async () => {
    const page = await fixture.open(at('/blank'))
    const person = await answerPrompts(page, fixture.key)
    for (const path of ['/tts/x', '/api/tags']) {
      const answer = await fetchFrom(page, at(path), { credentials: 'include' })
      expect(answer).toMatchObject({
        status: 401,
        fields: { 'www-authenticate': 'Bearer realm="gatekeeper"' },
      })
    }
    expect(person.prompts).toEqual([])
    expect(fixture.reached()).toBe(0)
  })

  it('a page of a route without browser: basic never makes the browser prompt', async () => {
    const page = await fixture.open('about:blank')
    const person = await answerPrompts(page, fixture.key)
    for (const path of ['/tts/', '/chat/api/tags', '/api/tags', '/nothing']) {
      const status = (await page.goto(at(path)))?.status()
      expect({ path, isRefused: status === 401 || status === 404 }).toEqual({
        path,
        isRefused: true,
      })
    }
    expect(person.prompts).toEqual([])
    expect(fixture.reached()).toBe(0)
  })

  it("a script's own key replaces the one that the browser remembers", async () => {
    const { page } = await enter(fixture.key)
    await page.waitForFunction('document.title !== "loading"')
    await fixture.forget()
    const headers = { authorization: `Bearer ${fixture.wrongKey}` }
    expect(await fetchFrom(page, at('/image/api/queue'), { headers })).toMatchObject({
      status: 401,
    })
    expect(fixture.reached()).toBe(0)
  })

  it('the key never reaches the application or the logs', async () => {
    const { page } = await enter(fixture.key)
    await page.waitForFunction('document.title !== "loading"')
    const { app, stack, key } = fixture
    const asBasic = Buffer.from(`ada:${key}`).toString('base64')
    const fields = JSON.stringify(app.received())
    expect(app.received()).toHaveLength(5)
    expect(fields).not.toMatch(/gk_|authorization|cookie/i)
    const output = stack.gatekeeper.output() + stack.caddy.output()
    for (const text of [key.slice(-49), asBasic]) expect(output.includes(text)).toBe(false)
  })
})
