import { renameSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { keyFileText, makeKey } from '../support/keys.ts'
import { startStack, testCaddy } from '../support/stack.ts'

const staying = makeKey({ user: 'staying' })
const old = makeKey({ user: 'old' })
const young = makeKey({ user: 'young' })

describe.skipIf(testCaddy === null)('a key file that is replaced under load', () => {
  it('answers every request by the old or the new file, through 200 replacements', async () => {
    const stack = await startStack({ keys: [staying, old] })
    const texts = [keyFileText([staying, old]), keyFileText([staying, young])]
    const statuses = new Map<string, number>()
    const count = (name: string, status: number) => {
      const label = `${name} ${status}`
      statuses.set(label, (statuses.get(label) ?? 0) + 1)
    }
    let isDone = false
    const load = async (name: string, key: string, path: string) => {
      while (!isDone) count(name, (await stack.send(path, { key })).status)
    }
    const loads = ['/api/tags', '/chat/api/tags'].flatMap((path) => [
      load('staying', staying.key, path),
      load('old', old.key, path),
      load('young', young.key, path),
    ])
    for (let turn = 1; turn <= 200; turn++) {
      writeFileSync(`${stack.keysFile}.new`, texts[turn % 2] as string)
      renameSync(`${stack.keysFile}.new`, stack.keysFile)
      await sleep(15)
    }
    isDone = true
    await Promise.all(loads)
    expect([...statuses.keys()].sort()).toEqual([
      ...['old 200', 'old 401', 'staying 200', 'young 200', 'young 401'],
    ])
    await stack.stop()
  })
})
