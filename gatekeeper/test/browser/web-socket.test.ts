import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Fixture, friend, startFixture, stranger } from './support/fixture.ts'
import { provideBrowser } from './support/install.ts'
import { openSandbox, openWebSocket } from './support/page-actions.ts'
import { answerPrompts } from './support/watch.ts'

const programs = await provideBrowser()
const prefix = 'openai-insecure-api-key.'
const refused = { isOpen: false, protocol: '', echo: null }

describe.skipIf(programs === null)('a WebSocket of a page', () => {
  let fixture: Fixture
  beforeAll(async () => {
    fixture = await startFixture(programs)
  })
  beforeEach(() => fixture.forget())
  afterEach(() => fixture.closePages())
  afterAll(() => fixture?.stop())

  const at = (path: string) => `${fixture.stack.url}${path}`
  const ask = (path: string, protocols: readonly string[]) => ({
    ...{ url: at(path).replace('https:', 'wss:'), protocols, text: 'hello' },
  })
  const withKey = () => ['comfy', `${prefix}${fixture.key}`]
  const field = (name: string) => {
    const { rawHeaders = [] } = fixture.app.received()[0] ?? {}
    return rawHeaders.filter((_, at) => rawHeaders[at - 1]?.toLowerCase() === name && at % 2 === 1)
  }
  /** The application received the identity of the caller, and no credential. */
  function expectNoKeyInside() {
    expect(fixture.app.received().length).toBeGreaterThan(0)
    expect(field('x-gatekeeper-user')).toEqual(['ada'])
    const inside = JSON.stringify(fixture.app.received())
    expect(inside).not.toMatch(/gk_|openai-insecure|authorization|cookie/i)
    expect(inside).not.toContain(Buffer.from(`ada:${fixture.key}`).toString('base64'))
  }

  it('opens with the key among its sub-protocols and echoes; the application sees only its own', async () => {
    const page = await fixture.open(at('/blank'))
    expect(await openWebSocket(page, ask('/image/ws?clientId=1', withKey()))).toEqual({
      ...{ isOpen: true, protocol: 'comfy', echo: 'hello' },
    })
    expect(fixture.app.received()).toMatchObject([
      { method: 'GET', url: '/ws?clientId=1', isUpgrade: true, body: 'hello' },
    ])
    expect(field('sec-websocket-protocol')).toEqual(['comfy'])
    expectNoKeyInside()
  })

  it('opens whatever the order and the number of sub-protocols, none of them the key', async () => {
    const page = await fixture.open(at('/blank'))
    const protocols = [`${prefix}${fixture.key}`, 'other', 'comfy']
    expect(await openWebSocket(page, ask('/image/ws', protocols))).toMatchObject({ isOpen: true })
    expect(field('sec-websocket-protocol').join(', ')).toBe('other, comfy')
    expectNoKeyInside()
  })

  it('opens with the bare key among its sub-protocols', async () => {
    const page = await fixture.open(at('/blank'))
    const asked = ask('/image/ws', ['comfy', fixture.key])
    expect(await openWebSocket(page, asked)).toMatchObject({ isOpen: true, protocol: 'comfy' })
    expectNoKeyInside()
  })

  it('the key alone as sub-protocol never reaches the application', async () => {
    const page = await fixture.open(at('/blank'))
    await openWebSocket(page, ask('/image/ws', [`${prefix}${fixture.key}`]))
    // Browsers want one of theirs named in the answer, so that it opens is not promised.
    expect(field('sec-websocket-protocol').filter((value) => value !== '')).toEqual([])
    expectNoKeyInside()
  })

  it('carries a long text whole', async () => {
    const page = await fixture.open(at('/blank'))
    const text = 'x'.repeat(5_000)
    expect(await openWebSocket(page, { ...ask('/image/ws', withKey()), text })).toMatchObject({
      echo: text,
    })
  })

  describe('of a person who typed the key', () => {
    async function enter() {
      const page = await fixture.open('about:blank')
      const person = await answerPrompts(page, fixture.key)
      await page.goto(at('/image/'))
      await page.waitForFunction('document.title !== "loading"')
      await person.leave()
      await fixture.forget()
      return page
    }

    it('opens with what the browser remembers', async () => {
      const page = await enter()
      expect(await openWebSocket(page, ask('/image/ws', []))).toMatchObject({ echo: 'hello' })
      expectNoKeyInside()
    })

    it('keeps the key from the application when it is a sub-protocol as well', async () => {
      const page = await enter()
      await openWebSocket(page, ask('/image/ws', withKey()))
      expect(field('sec-websocket-protocol')).toEqual(['comfy'])
      expectNoKeyInside()
    })

    it('keeps a key without the service from opening it', async () => {
      const page = await enter()
      const protocols = ['comfy', `${prefix}${fixture.wrongKey}`]
      expect(await openWebSocket(page, ask('/image/ws', protocols))).toEqual(refused)
      expect(fixture.reached()).toBe(0)
    })
  })

  it.each(['/image/other', '/image/ws/', '/image/', '/tts/ws', '/api/tags', '/chat/api/tags'])(
    'is refused if the service lists none: %s',
    async (path) => {
      const page = await fixture.open(at('/blank'))
      expect(await openWebSocket(page, ask(path, withKey()))).toEqual(refused)
      // It arrived here, and was not blocked by the browser.
      expect(await fixture.decisions()).toMatchObject([{ outcome: 'deny' }])
      expect(fixture.reached()).toBe(0)
    },
  )

  it.each([
    ['no key', () => ['comfy']],
    ['a wrong key', () => ['comfy', `${prefix}${fixture.wrongKey}`]],
    ['two keys', () => [...withKey(), `${prefix}gk_0000000000_${'a'.repeat(49)}`]],
  ])('is refused with %s', async (_name, protocols) => {
    const page = await fixture.open(at('/blank'))
    expect(await openWebSocket(page, ask('/image/ws', protocols()))).toEqual(refused)
    expect(await fixture.decisions()).toMatchObject([{ outcome: 'deny' }])
    expect(fixture.reached()).toBe(0)
  })

  it.each(['a stranger', 'a sandboxed frame', 'another port of our host'])(
    'of %s does not open, even with a valid key (cross-site WebSocket hijacking)',
    async (who) => {
      const origin = who === 'another port of our host' ? fixture.neighbour : stranger
      const page = await fixture.open(origin)
      const script = who === 'a sandboxed frame' ? await openSandbox(page) : page
      expect(await openWebSocket(script, ask('/image/ws', withKey()))).toEqual(refused)
      expect(await fixture.decisions()).toMatchObject([
        { outcome: 'deny', reason: 'origin-not-allowed', status: 403 },
      ])
      expect(fixture.reached()).toBe(0)
    },
  )

  it('of another origin opens with the key, if the service lists the origin', async () => {
    const page = await fixture.open(friend)
    expect(await openWebSocket(page, ask('/whisper/ws', withKey()))).toMatchObject({
      ...{ isOpen: true, echo: 'hello' },
    })
    expectNoKeyInside()
    await fixture.forget()
    expect(await openWebSocket(page, ask('/image/ws', withKey()))).toEqual(refused)
    expect(fixture.reached()).toBe(0)
  })

  it('leaves no key in any log', () => {
    const output = fixture.stack.gatekeeper.output() + fixture.stack.caddy.output()
    expect(output).not.toMatch(/gk_[0-9a-z]{10}_|openai-insecure/)
  })
})
