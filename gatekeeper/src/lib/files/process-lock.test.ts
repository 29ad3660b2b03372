import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { takeProcessLock, tryProcessLock } from './process-lock.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gk-lock-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const path = () => join(folder, 'a.lock')

/** A process that takes the lock, reports it and keeps running. */
async function holdElsewhere() {
  const module = import.meta.resolve('./process-lock.ts')
  const program = `import { tryProcessLock } from ${JSON.stringify(module)}
    globalThis.held = tryProcessLock(${JSON.stringify(path())})
    console.log(globalThis.held !== null)
    setInterval(() => {}, 1e6)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [said] = (await once(child.stdout, 'data')) as [Buffer]
  return { child, isHeld: said.toString().trim() === 'true' }
}

describe('a lock of a process', () => {
  it('has one holder, within a process as well, and is for this user only', () => {
    const lock = tryProcessLock(path())
    expect(tryProcessLock(path())).toBeNull()
    lock?.release()
    expect(tryProcessLock(path())).not.toBeNull()
    expect(statSync(path()).mode & 0o777).toBe(0o600)
  })

  it('lets others wait for it', async () => {
    const lock = tryProcessLock(path())
    const next = takeProcessLock(path())
    lock?.release()
    ;(await next).release()
  })

  it('ends with its process, however that ends, and not before', async () => {
    const { child, isHeld } = await holdElsewhere()
    expect(isHeld).toBe(true)
    expect(tryProcessLock(path())).toBeNull()
    child.kill('SIGSTOP')
    expect(tryProcessLock(path())).toBeNull()
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
    expect(tryProcessLock(path())).not.toBeNull()
  })
})
