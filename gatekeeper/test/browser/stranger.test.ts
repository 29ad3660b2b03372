import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Fixture, friend, startFixture, stranger } from './support/fixture.ts'
import { provideBrowser } from './support/install.ts'
import { type FetchInit, fetchFrom, openSandbox, submitForm } from './support/page-actions.ts'
import { watchPreflights } from './support/watch.ts'

const programs = await provideBrowser()

describe.skipIf(programs === null)('a page of an unlisted origin', () => {
  let fixture: Fixture
  beforeAll(async () => {
    fixture = await startFixture(programs, { isLax: true })
  })
  beforeEach(() => fixture.forget())
  afterEach(() => fixture.closePages())
  afterAll(() => fixture?.stop())

  const at = (path: string) => `${fixture.stack.url}${path}`
  const withKey = (init: FetchInit = {}): FetchInit => ({
    ...init,
    headers: { authorization: `Bearer ${fixture.key}`, 'content-type': 'application/json' },
  })
  const posted = () => withKey({ method: 'POST', body: '{"model":"demo","stream":false}' })

  describe.each([
    { point: 'check', get: '/tts/voices', post: '/tts/speak' },
    { point: 'relay', get: '/api/tags', post: '/api/generate' },
  ])('at the $point', ({ get, post }) => {
    it('gets a 403 for its preflight, and no request follows, even with a valid key', async () => {
      const page = await fixture.open(stranger)
      const preflights = await watchPreflights(page)
      for (const init of [withKey(), posted(), { method: 'DELETE' }]) {
        const answer = await fetchFrom(page, at(post), init)
        expect(answer).toEqual({ error: expect.stringContaining('Failed to fetch') })
      }
      expect(preflights.map(({ status }) => status)).toEqual([403, 403, 403])
      expect(JSON.stringify(preflights)).not.toContain('access-control-allow')
      expect(await fixture.decisions()).toEqual([])
      expect(fixture.reached()).toBe(0)
    })

    it('is refused for a request without a preflight, and cannot read the answer', async () => {
      const page = await fixture.open(stranger)
      const answer = await fetchFrom(page, at(get))
      expect(answer).toEqual({ error: expect.stringContaining('Failed to fetch') })
      // It arrived here, and was not blocked by the browser.
      expect(await fixture.decisions()).toMatchObject([
        { outcome: 'deny', method: 'GET', path: get },
      ])
      expect(fixture.reached()).toBe(0)
    })

    it.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data'])(
      'reaches no service with a POST as %s, which needs no preflight',
      async (type) => {
        const page = await fixture.open(stranger)
        const preflights = await watchPreflights(page)
        for (const mode of ['cors', 'no-cors'] as const) {
          const init = { method: 'POST', mode, headers: { 'content-type': type }, body: '{}' }
          await fetchFrom(page, at(post), { ...init, credentials: 'include' })
        }
        expect(await submitForm(page, { url: at(post), method: 'post', enctype: type })).toBe(401)
        expect(preflights).toEqual([])
        const denied = { outcome: 'deny', method: 'POST' }
        expect(await fixture.decisions()).toMatchObject([denied, denied, denied])
        expect(fixture.reached()).toBe(0)
      },
    )

    it.each([
      'a sandboxed frame of an unlisted origin',
      'a sandboxed frame of a listed origin',
      'a data: URL',
    ])('%s, with the origin null, gets nothing, even with a valid key', async (where) => {
      const script = await openNowhere(where)
      expect(await script.evaluate('origin')).toBe('null')
      const refused = { error: expect.stringContaining('Failed to fetch') }
      expect(await fetchFrom(script, at(get))).toEqual(refused)
      expect(await fetchFrom(script, at(get), withKey())).toEqual(refused)
      expect(await fetchFrom(script, at(post), posted())).toEqual(refused)
      const sent = await fetchFrom(script, at(post), {
        ...{ method: 'POST', mode: 'no-cors', body: '{}', credentials: 'include' },
      })
      expect(sent).toHaveProperty('error')
      expect((await fixture.decisions()).length).toBeGreaterThan(0)
      expect(fixture.reached()).toBe(0)
    })
  })

  it.each(['/chat/api/version', '/api/version'])(
    'the public endpoint %s is not open to pages of other origins',
    async (path) => {
      const own = await fixture.open(at('/blank'))
      expect(await fetchFrom(own, at(path))).toMatchObject({ status: 200 })
      await fixture.forget()
      for (const [origin, init] of [
        [friend, {}],
        [stranger, {}],
        [stranger, { mode: 'no-cors' }],
        [fixture.neighbour, {}],
        [fixture.neighbour, { mode: 'no-cors' }],
      ] as const) {
        const page = await fixture.open(origin)
        await fetchFrom(page, at(path), init)
        const [last, ...others] = await fixture.decisions()
        expect({ origin, init, last }).toMatchObject({ last: { outcome: 'deny', status: 403 } })
        expect(others).toEqual([])
        expect(fixture.reached()).toBe(0)
        await fixture.forget()
      }
    },
  )

  it('the key never reaches the services or the logs', () => {
    const { app, stack, key } = fixture
    const output = stack.gatekeeper.output() + stack.caddy.output()
    expect(output.includes(key.slice(-49))).toBe(false)
    expect(JSON.stringify(app.received())).not.toContain('gk_')
  })

  async function openNowhere(where: string) {
    if (where === 'a data: URL') return fixture.open('data:text/html,<body></body>')
    return openSandbox(await fixture.open(where.endsWith('friend') ? friend : stranger))
  }
})
