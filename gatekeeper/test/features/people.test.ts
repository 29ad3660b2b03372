import { execFile } from 'node:child_process'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readAllFiles } from '../attack/support/texts/canary.ts'
import { waitUntil } from '../support/child.ts'
import { unqueuedGateway } from '../support/gateway-file.ts'
import { makeKey } from '../support/keys.ts'
import { readChainOf } from '../support/read-chain.ts'
import { type Stack, startStack, testCaddy } from '../support/stack.ts'

const root = resolve(import.meta.dirname, '../../..')
const user = 'zoe.q@house.example'
const zoe = makeKey({ user })
const bob = makeKey({ user: 'bob' })

describe.skipIf(testCaddy === null)('erasing a user while the gatekeeper runs', () => {
  let stack: Stack
  beforeAll(async () => {
    stack = await startStack({ keys: [zoe, bob], config: unqueuedGateway })
  })
  afterAll(async () => {
    await stack?.stop()
  })

  const run = async (name: string, ...words: string[]) => {
    const script = join(root, `scripts/${name}.ts`)
    const { stdout } = await promisify(execFile)(process.execPath, [script, ...words], {
      env: stack.env,
    })
    return stdout
  }
  const ask = async (key: string) => (await stack.send('/api/version', { key })).status
  const usersInAudit = () =>
    readChainOf(join(stack.stateDir, 'audit'), 'requests-1').records.map(({ user }) => user)
  const isRecorded = (name: string, count: number) =>
    waitUntil(() => usersInAudit().filter((one) => one === name).length >= count, {
      ...{ limitMs: 30_000, describe: () => JSON.stringify(usersInAudit()) },
    })

  it('refuses its keys, leaves no name, keeps the chains whole, and begins again if it returns', async () => {
    for (let count = 0; count < 3; count++) {
      expect([await ask(zoe.key), await ask(bob.key)]).toEqual([200, 200])
    }
    await isRecorded(user, 3)
    const erased = JSON.parse(await run('people', 'erase', user, '--json'))
    expect(erased).toMatchObject({ keys: [zoe.id], left: [] })
    expect(await ask(zoe.key)).toBe(401)
    expect(await ask(bob.key)).toBe(200)
    await isRecorded('bob', 4)
    expect(readAllFiles(stack.stateDir).filter(({ text }) => text.includes(user))).toEqual([])
    const made = await run('keys', 'add', '-u', user, '-s', 'ollama', '--json')
    const { key } = JSON.parse(made) as { key: string }
    await waitUntil(async () => (await ask(key)) === 200, {
      ...{ limitMs: 30_000, describe: () => 'the new key is refused' },
    })
    await isRecorded(user, 1)
    // The gatekeeper noticed that the line was erased: a known reference would lead to old records.
    expect(usersInAudit().filter((one) => one === erased.reference)).toHaveLength(3)
    expect(await run('audit', 'verify')).not.toContain('BROKEN')
  }, 120_000)
})
