import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Fixture, friend, startFixture } from './support/fixture.ts'
import { provideBrowser } from './support/install.ts'
import { type FetchInit, fetchFrom } from './support/page-actions.ts'
import { watchPreflights } from './support/watch.ts'

const programs = await provideBrowser()

describe.skipIf(programs === null)('a page of an origin that the service lists', () => {
  let fixture: Fixture
  beforeAll(async () => {
    fixture = await startFixture(programs)
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
    { point: 'check', get: '/tts/voices', post: '/tts/speak', takesAll: true },
    // The table of Ollama's endpoints has one method for this path.
    { point: 'relay', get: '/api/tags', post: '/api/generate', takesAll: false },
  ])('at the $point', ({ get, post, takesAll }) => {
    it('reads answers with its key, and the fields that we expose', async () => {
      const page = await fixture.open(friend)
      for (const [path, init] of [
        [get, withKey()],
        [post, posted()],
      ] as const) {
        const answer = await fetchFrom(page, at(path), init)
        expect(answer).toMatchObject({ status: 200, type: 'cors' })
        expect(answer).toHaveProperty('fields.x-request-id', expect.stringMatching(/^\S{8,}$/))
      }
      expect(fixture.reached()).toBe(2)
    })

    it('reads why it was refused', async () => {
      const page = await fixture.open(friend)
      const wrong = { headers: { 'x-api-key': fixture.wrongKey } }
      const answer = await fetchFrom(page, at(get), wrong)
      expect(answer).toMatchObject({ status: 401, type: 'cors' })
      expect(answer).toHaveProperty('fields.x-request-id', expect.stringMatching(/^\S{8,}$/))
      expect(fixture.reached()).toBe(0)
    })

    it('sends one preflight, which we answer, and the service sees no OPTIONS', async () => {
      const page = await fixture.open(friend)
      const preflights = await watchPreflights(page)
      for (const _ of [1, 2, 3]) await fetchFrom(page, at(post), posted())
      expect(preflights).toHaveLength(1)
      expect(preflights[0]).toMatchObject({
        status: 204,
        fields: { 'access-control-allow-origin': friend, 'access-control-max-age': '86400' },
      })
      expect(JSON.stringify(preflights)).not.toMatch(/allow-credentials|gatekeeper-|gk_/)
      expect(methodsReceived()).toEqual(['POST', 'POST', 'POST'])
    })

    it('may send with its key every method that the preflight names, and no other', async () => {
      const page = await fixture.open(friend)
      for (const method of ['PUT', 'PATCH', 'DELETE']) {
        const answer = await fetchFrom(page, at(post), withKey({ method }))
        expect({ method, isReadable: 'status' in answer }).toEqual({ method, isReadable: takesAll })
      }
    })

    it('may not use what the browser remembers for us', async () => {
      const page = await fixture.open(friend)
      const answer = await fetchFrom(page, at(get), { ...withKey(), credentials: 'include' })
      expect(answer).toEqual({ error: expect.stringContaining('Failed to fetch') })
    })
  })

  it('the key never reaches the services or the logs', () => {
    const { app, stack, key } = fixture
    const output = stack.gatekeeper.output() + stack.caddy.output()
    expect(output.includes(key.slice(-49))).toBe(false)
    expect(JSON.stringify(app.received())).not.toContain('gk_')
  })

  const methodsReceived = () =>
    [...fixture.app.received(), ...fixture.stack.upstream.received].map(({ method }) => method)
})
