import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { provideBrowser } from './support/install.ts'
import { type FetchInit, fetchFrom } from './support/page-actions.ts'
import { friend, type Stage, startStage } from './support/stage.ts'
import { watchPreflights } from './support/watch.ts'

const programs = await provideBrowser()

describe.skipIf(programs === null)('a page of an origin that the service lists', () => {
  let stage: Stage
  beforeAll(async () => {
    stage = await startStage(programs)
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
    it('reads answers with its key, and the fields that we expose', async () => {
      const page = await stage.open(friend)
      for (const [path, init] of [
        [get, withKey()],
        [post, posted()],
      ] as const) {
        const answer = await fetchFrom(page, at(path), init)
        expect(answer).toMatchObject({ status: 200, type: 'cors' })
        expect(answer).toHaveProperty('fields.x-request-id', expect.stringMatching(/^\S{8,}$/))
      }
      expect(stage.reached()).toBe(2)
    })

    it('reads why it was refused', async () => {
      const page = await stage.open(friend)
      const wrong = { headers: { 'x-api-key': stage.wrongKey } }
      const answer = await fetchFrom(page, at(get), wrong)
      expect(answer).toMatchObject({ status: 401, type: 'cors' })
      expect(answer).toHaveProperty('fields.x-request-id', expect.stringMatching(/^\S{8,}$/))
      expect(stage.reached()).toBe(0)
    })

    it('sends one preflight, which we answer, and the service sees no OPTIONS', async () => {
      const page = await stage.open(friend)
      const preflights = await watchPreflights(page)
      for (const _ of [1, 2, 3]) await fetchFrom(page, at(post), posted())
      expect(preflights).toHaveLength(1)
      expect(preflights[0]).toMatchObject({
        status: 204,
        fields: { 'access-control-allow-origin': friend, 'access-control-max-age': '600' },
      })
      expect(JSON.stringify(preflights)).not.toMatch(/allow-credentials|gatekeeper-|gk_/)
      expect(methodsReceived()).toEqual(['POST', 'POST', 'POST'])
    })

    it('may send with its key every method that the preflight names', async () => {
      const page = await stage.open(friend)
      for (const method of ['PUT', 'PATCH', 'DELETE']) {
        const answer = await fetchFrom(page, at(post), withKey({ method }))
        expect({ method, isReadable: 'status' in answer }).toEqual({ method, isReadable: true })
      }
    })

    it('may not use what the browser remembers for us', async () => {
      const page = await stage.open(friend)
      const answer = await fetchFrom(page, at(get), { ...withKey(), credentials: 'include' })
      expect(answer).toEqual({ error: expect.stringContaining('Failed to fetch') })
    })
  })

  it('the key never reaches the services or the logs', () => {
    const { app, stack, key } = stage
    const output = stack.gatekeeper.output() + stack.caddy.output()
    expect(output.includes(key.slice(-49))).toBe(false)
    expect(JSON.stringify(app.received())).not.toContain('gk_')
  })

  const methodsReceived = () =>
    [...stage.app.received(), ...stage.stack.upstream.received].map(({ method }) => method)
})
