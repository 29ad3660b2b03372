import { randomBytes } from 'node:crypto'
import { renameSync, writeFileSync } from 'node:fs'
import { Client } from 'undici'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { waitUntil } from '../support/child.ts'
import { directFields } from '../support/direct.ts'
import { unqueuedGateway } from '../support/gateway-file.ts'
import { keyFileText, makeKey, type TestKey } from '../support/keys.ts'
import { type Stack, startStack, testCaddy } from '../support/stack.ts'
import { compareTimes, interleave } from './support/compare-times.ts'

const many = 100_000
const ada = makeKey()
const leaving = makeKey({ user: 'leaving' })

/** Keys without a holder: only their number counts, so no secret is created for them. */
function fillers(count: number): TestKey[] {
  const { entry } = ada
  return Array.from({ length: count }, (_, at) => {
    const secrets = [{ sha256: randomBytes(32).toString('hex'), createdAt: null, expiresAt: null }]
    return { id: at.toString(36).padStart(10, '0'), key: '', entry: { ...entry, secrets } }
  })
}

describe.skipIf(testCaddy === null)(`a key file of ${many} keys`, () => {
  const filling = fillers(many)
  let large: Stack
  let small: Stack
  const clients: Client[] = []
  let loadedMs = 0
  beforeAll(async () => {
    small = await startStack({
      ...{ keys: [ada, leaving, ...filling.slice(0, 8)], config: unqueuedGateway },
    })
    const startedAt = performance.now()
    large = await startStack({ keys: [ada, leaving, ...filling], config: unqueuedGateway })
    loadedMs = performance.now() - startedAt
  }, 120_000)
  afterAll(async () => {
    await Promise.all(clients.map((client) => client.close()))
    await large?.stop()
    await small?.stop()
  })

  const measureOn = (stack: Stack) => {
    const client = new Client('http://localhost', {
      connect: { socketPath: `${stack.stateDir}/run/check.sock` },
    })
    clients.push(client)
    const headers = { ...directFields(stack, 'check'), 'x-api-key': ada.key }
    return async () => {
      const startedAt = performance.now()
      const answer = await client.request({ path: '/check/ollama', method: 'GET', headers })
      await answer.body.dump()
      expect(answer.statusCode).toBe(200)
      return performance.now() - startedAt
    }
  }

  it('costs a request no more than one of ten keys does', async () => {
    const both = [measureOn(large), measureOn(small)] as const
    await interleave(both, 300)
    const compared = compareTimes(await interleave(both, 1_500))
    const told = { startMs: Math.round(loadedMs), ...compared }
    process.stdout.write(`${many} keys against 10: ${JSON.stringify(told)}\n`)
    expect(compared.medianRatio).toBeLessThan(1.5)
  }, 60_000)

  it('is replaced under load: each request is answered by the old or the new file, none fails', async () => {
    const texts = [keyFileText([ada, ...filling]), keyFileText([ada, leaving, ...filling])]
    const seen = new Map<string, number>()
    let isDone = false
    let slowestMs = 0
    const load = async (name: string, key: string, path: string) => {
      while (!isDone) {
        const startedAt = performance.now()
        const { status } = await large.send(path, { key })
        slowestMs = Math.max(slowestMs, performance.now() - startedAt)
        seen.set(`${name} ${status}`, (seen.get(`${name} ${status}`) ?? 0) + 1)
      }
    }
    const loads = ['/api/tags', '/chat/api/tags'].flatMap((path) => [
      load('staying', ada.key, path),
      load('leaving', leaving.key, path),
    ])
    const becomes = (status: number) =>
      waitUntil(
        async () => (await large.send('/api/tags', { key: leaving.key })).status === status,
        {
          ...{ limitMs: 15_000, describe: () => large.gatekeeper.output().slice(-2_000) },
        },
      )
    for (const [turn, text] of [...texts, ...texts].entries()) {
      writeFileSync(`${large.keysFile}.new`, text)
      renameSync(`${large.keysFile}.new`, large.keysFile)
      await becomes(turn % 2 === 0 ? 401 : 200)
    }
    isDone = true
    await Promise.all(loads)
    process.stdout.write(
      `replaced under load: slowest ${Math.round(slowestMs)} ms, ${JSON.stringify([...seen])}\n`,
    )
    expect([...seen.keys()].sort()).toEqual(['leaving 200', 'leaving 401', 'staying 200'])
  }, 120_000)
})
