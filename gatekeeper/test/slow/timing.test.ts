import { Client } from 'undici'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createApiKey, hashKey } from '../../src/api-keys/api-key.ts'
import { parseKeyFile } from '../../src/api-keys/key-file.ts'
import { createKeyRing, type KeyRing } from '../../src/api-keys/key-ring.ts'
import { directFields } from '../support/direct.ts'
import { keyFileText, makeKey } from '../support/keys.ts'
import { type Stack, startStack, testCaddy } from '../support/stack.ts'
import { type Comparison, compareTimes, interleave } from './support/compare-times.ts'

const keys = Array.from({ length: 50 }, () => makeKey())
const known = keys[25]?.id ?? ''
/** A fresh secret each time, so that no cache of a text can tell the two apart. */
const wrongSecret = () => createApiKey(undefined, known).key
const unknownId = () => createApiKey().key

/**
 * "The same class of time": of two measurements taken at random the one of a known id is the longer
 * in 44 to 56 of 100 cases (0.5 is no difference; the statistic of Mann and Whitney over n1 n2),
 * and the medians differ by less than a tenth. A guesser over a network cannot see that.
 */
function expectAlike({ longerShare, medianRatio }: Comparison): void {
  expect(Math.abs(longerShare - 0.5)).toBeLessThan(0.06)
  expect(Math.abs(medianRatio - 1)).toBeLessThan(0.1)
}

describe.skipIf(testCaddy === null)('the time of a refusal at the check socket', () => {
  let stack: Stack
  let client: Client
  beforeAll(async () => {
    stack = await startStack({ keys })
    const socketPath = `${stack.stateDir}/run/check.sock`
    client = new Client('http://localhost', { connect: { socketPath }, pipelining: 1 })
  })
  afterAll(async () => {
    await client?.close()
    await stack?.stop()
  })

  const ask = async (key: string, fields: Readonly<Record<string, string>>) => {
    const startedAt = performance.now()
    const headers = { ...fields, authorization: `Bearer ${key}` }
    const answer = await client.request({ path: '/check/ollama', method: 'GET', headers })
    await answer.body.dump()
    return { ms: performance.now() - startedAt, status: answer.statusCode }
  }

  it('does not reveal which ids exist: 2,500 of each, interleaved', {
    timeout: 120_000,
  }, async () => {
    const fields = directFields(stack, 'check')
    const measure = (make: () => string) => async () => {
      const { ms, status } = await ask(make(), fields)
      expect(status).toBe(401)
      return ms
    }
    const both = [measure(wrongSecret), measure(unknownId)] as const
    await interleave(both, 500)
    const compared = compareTimes(await interleave(both, 2_500))
    process.stdout.write(`known id against unknown id at the socket: ${JSON.stringify(compared)}\n`)
    expectAlike(compared)
    expect(stack.upstream.requests).toBe(0)
  })
})

describe('the time of authentication itself', () => {
  const service = { serviceNameOf: (name: string) => name }
  const ring: KeyRing = createKeyRing(parseKeyFile(keyFileText(keys), 'keys.json', service).keys)
  /** Twenty at a time: one is shorter than the clock's steps. */
  const measure = (make: () => string, judge: (key: string) => unknown) => async () => {
    const texts = Array.from({ length: 20 }, make)
    const startedAt = performance.now()
    for (const text of texts) judge(text)
    return performance.now() - startedAt
  }
  const authenticate = (text: string) => ring.authenticate(text, 0)

  it('is the same for a known id with a wrong secret and for an unknown id', {
    timeout: 60_000,
  }, async () => {
    expect(authenticate(wrongSecret())).toBe('wrong-secret')
    expect(authenticate(unknownId())).toBe('unknown-key')
    const both = [measure(wrongSecret, authenticate), measure(unknownId, authenticate)] as const
    await interleave(both, 500)
    const compared = compareTimes(await interleave(both, 2_500))
    process.stdout.write(
      `known id against unknown id in the process: ${JSON.stringify(compared)}\n`,
    )
    // Here a hundredth of a microsecond is visible; the difference must only be a small fraction.
    expect(Math.abs(compared.medianRatio - 1)).toBeLessThan(0.15)
  })

  it('would show a look-up that hashes for known ids only: the measurement is precise enough', async () => {
    const leaky = (text: string) => {
      if (text.includes(known)) hashKey(text)
      return authenticate(text)
    }
    const both = [measure(wrongSecret, leaky), measure(unknownId, leaky)] as const
    await interleave(both, 200)
    const { longerShare, medianRatio } = compareTimes(await interleave(both, 1_000))
    expect(longerShare).toBeGreaterThan(0.7)
    expect(medianRatio).toBeGreaterThan(1.15)
  })
})
