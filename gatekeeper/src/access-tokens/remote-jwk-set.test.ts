import { exportJWK, generateKeyPair } from 'jose'
import { afterEach, describe, expect, it } from 'vitest'
import type { WatchedKeySource } from './file-jwk-set.ts'
import { openRemoteKeySource } from './remote-jwk-set.ts'

const issuer = 'https://auth.example/app'
const jwk = async (kid: string) => {
  const { publicKey } = await generateKeyPair('ES256')
  return { ...(await exportJWK(publicKey)), kid, alg: 'ES256', use: 'sig' }
}
const set = async (...kids: string[]) => JSON.stringify({ keys: await Promise.all(kids.map(jwk)) })

const opened: WatchedKeySource[] = []
afterEach(() => {
  for (const source of opened.splice(0)) source.close()
})

/** A source whose issuer and time the test controls. */
function setUp(documents: Record<string, string | Error>, url: string | null = `${issuer}/keys`) {
  const state = { now: 1_000_000, asked: [] as string[], timers: [] as [number, () => void][] }
  const source = openRemoteKeySource(
    { issuer, url, keepMs: 3_600_000 },
    {
      clock: () => state.now,
      log: { warn: () => {} },
      timers: {
        every: () => () => {},
        after: (delayMs, run) => {
          state.timers.push([delayMs, run])
          return () => {}
        },
      },
      fetchDocument: (asked) => {
        state.asked.push(asked)
        const document = documents[asked] ?? new Error('no document')
        return document instanceof Error ? Promise.reject(document) : Promise.resolve(document)
      },
    },
  )
  opened.push(source)
  const settle = () => new Promise((resolve) => setImmediate(resolve))
  return { source, state, documents, settle }
}

describe('keys of a remote issuer', () => {
  it('are fetched at the start and again later, in the background', async () => {
    const { source, state, settle } = setUp({ [`${issuer}/keys`]: await set('one') })
    await settle()
    expect(source.current()?.has('one')).toBe(true)
    expect(state.timers.at(-1)?.[0]).toBe(600_000)
    expect(source.problems()).toEqual([])
  })

  it('are found through the discovery document, which must belong to the issuer', async () => {
    const at = `${issuer}/.well-known/openid-configuration`
    const good = setUp(
      {
        [at]: JSON.stringify({ issuer, jwks_uri: 'https://keys.example/set' }),
        'https://keys.example/set': await set('one'),
      },
      null,
    )
    await good.settle()
    expect(good.source.current()?.has('one')).toBe(true)
    for (const document of [
      { issuer: 'https://auth.example/app/', jwks_uri: 'https://keys.example/set' },
      { issuer: 'https://evil.example', jwks_uri: 'https://keys.example/set' },
      { issuer, jwks_uri: 'http://keys.example/set' },
      { issuer, jwks_uri: 'file:///etc/passwd' },
      { issuer, jwks_uri: 7 },
      { issuer },
      [],
      null,
    ]) {
      const { source, settle, state } = setUp({ [at]: JSON.stringify(document) }, null)
      await settle()
      expect([document, source.current()]).toEqual([document, null])
      expect(state.asked).toEqual([at])
      expect(source.problems()).toHaveLength(1)
    }
  })

  it('that are unknown are fetched once in 30 s, however many tokens name them', async () => {
    const address = `${issuer}/keys`
    const { source, state, documents, settle } = setUp({ [address]: await set('one') })
    await settle()
    documents[address] = await set('two')
    await Promise.all(Array.from({ length: 100 }, () => source.refresh()))
    expect(state.asked).toHaveLength(1)
    state.now += 30_000
    await Promise.all(Array.from({ length: 100 }, () => source.refresh()))
    expect(state.asked).toHaveLength(2)
    expect(source.current()?.has('two')).toBe(true)
    expect(source.current()?.has('one')).toBe(false)
  })

  it('stay in force for a while when the issuer is unreachable, and the problem is reported', async () => {
    const address = `${issuer}/keys`
    const { source, state, documents, settle } = setUp({ [address]: await set('one') })
    await settle()
    for (const answer of [new Error('ECONNREFUSED'), 'nonsense', '{"keys":[]}', '{}']) {
      documents[address] = answer
      state.now += 31_000
      await source.refresh()
      expect(source.current()?.has('one')).toBe(true)
      expect(source.problems()[0]?.what).toContain('its last valid keys stay in use')
    }
    state.now += 3_600_001
    expect(source.current()).toBeNull()
    expect(source.problems()[0]?.what).toContain('no key of it is in use')
  })

  it('are fetched less and less often while the issuer is unreachable', async () => {
    const { state, settle } = setUp({})
    for (let at = 0; at < 7; at++) {
      await settle()
      state.timers.at(-1)?.[1]()
    }
    await settle()
    const delays = state.timers.map(([delayMs]) => delayMs)
    expect(delays.slice(0, 7)).toEqual([5, 15, 30, 60, 300, 300, 300].map((s) => s * 1000))
  })

  it('that did not change keep the cached verifications', async () => {
    const { source, state, settle } = setUp({ [`${issuer}/keys`]: await set('one') })
    await settle()
    const before = source.current()
    state.now += 31_000
    await source.refresh()
    expect(source.current()).toBe(before)
  })

  it('text from an issuer is never in the reported problem', async () => {
    const secret = 'gk_not_for_logs'
    const { source, settle } = setUp({ [`${issuer}/keys`]: secret })
    await settle()
    expect(JSON.stringify(source.problems())).not.toContain(secret)
  })
})

describe('an issuer whose certificate is not trusted', () => {
  it.each([
    [
      'DEPTH_ZERO_SELF_SIGNED_CERT',
      /Write tls: \{ca: FILE\} below the entry of https:.*NODE_EXTRA/,
    ],
    ['CERT_HAS_EXPIRED', /renew it/],
  ])('is reported with the fix: %s', async (code, cure) => {
    const error = Object.assign(new Error('tls'), { code })
    const { source, settle } = setUp({ [`${issuer}/keys`]: error })
    await settle()
    expect(source.problems()).toMatchObject([
      { source: issuer, what: expect.stringContaining(`is not trusted (${code})`) },
    ])
    expect(source.problems()[0]?.remedy).toMatch(cure)
  })
})
