import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { provideBrowser } from './support/install.ts'
import { type FetchInit, fetchFrom, openSandbox, submitForm } from './support/page-actions.ts'
import { friend, type Stage, startStage, stranger } from './support/stage.ts'
import { watchPreflights } from './support/watch.ts'

const programs = await provideBrowser()

describe.skipIf(programs === null)('a page of an unlisted origin', () => {
  let stage: Stage
  beforeAll(async () => {
    stage = await startStage(programs, { isLax: true })
  })
  beforeEach(() => stage.forget())
  afterEach(() => stage.closePages())
  afterAll(() => stage?.stop())

  const at = (path: string) => `${stage.stack.url}${path}`
  const withKey = (init: FetchInit = {}): FetchInit => ({
    ...init,
    headers: { authorization: `Bearer ${stage.key}`, 'content-type': 'application/json' },
  })
  const posted = () => withKey({ method: 'POST', body: '{"model":"demo","stream":false}' })

  describe.each([
    { point: 'check', get: '/tts/voices', post: '/tts/speak' },
    { point: 'relay', get: '/api/tags', post: '/api/generate' },
  ])('at the $point', ({ get, post }) => {
    it('gets a 403 for its preflight, and no request follows, even with a valid key', async () => {
      const page = await stage.open(stranger)
      const preflights = await watchPreflights(page)
      for (const init of [withKey(), posted(), { method: 'DELETE' }]) {
        const answer = await fetchFrom(page, at(post), init)
        expect(answer).toEqual({ error: expect.stringContaining('Failed to fetch') })
      }
      expect(preflights.map(({ status }) => status)).toEqual([403, 403, 403])
      expect(JSON.stringify(preflights)).not.toContain('access-control-allow')
      expect(await stage.decisions()).toEqual([])
      expect(stage.reached()).toBe(0)
    })

    it('is refused for a request without a preflight, and cannot read the answer', async () => {
      const page = await stage.open(stranger)
      const answer = await fetchFrom(page, at(get))
      expect(answer).toEqual({ error: expect.stringContaining('Failed to fetch') })
      // It arrived here, and was not blocked by the browser.
      expect(await stage.decisions()).toMatchObject([{ outcome: 'deny', method: 'GET', path: get }])
      expect(stage.reached()).toBe(0)
    })

    it.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data'])(
      'reaches no service with a POST as %s, which needs no preflight',
      async (type) => {
        const page = await stage.open(stranger)
        const preflights = await watchPreflights(page)
        for (const mode of ['cors', 'no-cors'] as const) {
          const init = { method: 'POST', mode, headers: { 'content-type': type }, body: '{}' }
          await fetchFrom(page, at(post), { ...init, credentials: 'include' })
        }
        expect(await submitForm(page, { url: at(post), method: 'post', enctype: type })).toBe(401)
        expect(preflights).toEqual([])
        const denied = { outcome: 'deny', method: 'POST' }
        expect(await stage.decisions()).toMatchObject([denied, denied, denied])
        expect(stage.reached()).toBe(0)
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
      expect((await stage.decisions()).length).toBeGreaterThan(0)
      expect(stage.reached()).toBe(0)
    })
  })

  it.each(['/chat/api/version', '/api/version'])(
    'the public endpoint %s is not open to pages of other origins',
    async (path) => {
      const own = await stage.open(at('/blank'))
      expect(await fetchFrom(own, at(path))).toMatchObject({ status: 200 })
      await stage.forget()
      for (const [origin, init] of [
        [friend, {}],
        [stranger, {}],
        [stranger, { mode: 'no-cors' }],
        [stage.neighbour, {}],
        [stage.neighbour, { mode: 'no-cors' }],
      ] as const) {
        const page = await stage.open(origin)
        await fetchFrom(page, at(path), init)
        const [last, ...others] = await stage.decisions()
        expect({ origin, init, last }).toMatchObject({ last: { outcome: 'deny', status: 403 } })
        expect(others).toEqual([])
        expect(stage.reached()).toBe(0)
        await stage.forget()
      }
    },
  )

  it('the key never reaches the services or the logs', () => {
    const { app, stack, key } = stage
    const output = stack.gatekeeper.output() + stack.caddy.output()
    expect(output.includes(key.slice(-49))).toBe(false)
    expect(JSON.stringify(app.received())).not.toContain('gk_')
  })

  async function openNowhere(where: string) {
    if (where === 'a data: URL') return stage.open('data:text/html,<body></body>')
    return openSandbox(await stage.open(where.endsWith('friend') ? friend : stranger))
  }
})
