import { once } from 'node:events'
import { watch } from 'node:fs'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createSupervisor, type Death, type PartPlan } from './supervise.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gk-supervise-'))
})
afterEach(async () => {
  await rm(folder, { recursive: true, force: true })
})

/** A part that writes a file when it is up, and another when SIGTERM reaches it. */
function plan(name: string, onTerm: string, drainSeconds = 5): PartPlan {
  const script = `const { writeFileSync } = require('node:fs')
process.on('SIGTERM', () => { writeFileSync('${name}.term', String(process.hrtime.bigint())); ${onTerm} })
setInterval(() => {}, 1000)
writeFileSync('${name}.up', '')`
  const words = ['-e', script]
  return { name, command: process.execPath, words, cwd: folder, env: process.env, drainSeconds }
}

async function untilUp(...names: readonly string[]): Promise<void> {
  const watcher = watch(folder)
  const isUp = async () => {
    const found = await readdir(folder)
    return names.every((name) => found.includes(`${name}.up`))
  }
  while (!(await isUp())) await once(watcher, 'change')
  watcher.close()
}

const termAt = async (name: string) => BigInt(await readFile(join(folder, `${name}.term`), 'utf8'))

describe('the supervisor', () => {
  it('stops the newest part first, and the next only when that one has ended', async () => {
    const deaths: Death[] = []
    const supervisor = createSupervisor((death) => deaths.push(death))
    supervisor.start(plan('gatekeeper', 'process.exit(0)'))
    supervisor.start(plan('caddy', 'setTimeout(() => process.exit(0), 200)'))
    await untilUp('gatekeeper', 'caddy')
    await supervisor.stop()
    expect((await termAt('gatekeeper')) - (await termAt('caddy'))).toBeGreaterThan(190_000_000n)
    expect(deaths).toEqual([])
  })

  it('kills a part that does not end in its time', async () => {
    const supervisor = createSupervisor(() => {})
    supervisor.start(plan('deaf', '', 0.2))
    await untilUp('deaf')
    const [pid = 0] = supervisor.pids()
    await supervisor.stop()
    expect(() => process.kill(pid, 0)).toThrow(/ESRCH/)
  })

  it('tells of the first death only, with its name and how it came', async () => {
    const onDeath = vi.fn()
    const supervisor = createSupervisor(onDeath)
    const exits = (code: number) => ({
      ...plan('part', ''),
      words: ['-e', `process.exit(${code})`],
    })
    supervisor.start({ ...exits(78), name: 'one' })
    await vi.waitFor(() => expect(onDeath).toHaveBeenCalled())
    supervisor.start({ ...exits(1), name: 'two' })
    await supervisor.stop()
    expect(onDeath.mock.calls).toEqual([[{ name: 'one', exitCode: 78, how: 'exit code 78' }]])
  })

  it('tells of a program that cannot be run, and can still stop', async () => {
    const onDeath = vi.fn()
    const supervisor = createSupervisor(onDeath)
    supervisor.start({ ...plan('ghost', ''), command: join(folder, 'nothing') })
    await vi.waitFor(() => expect(onDeath).toHaveBeenCalled())
    expect(onDeath.mock.calls[0]).toMatchObject([{ name: 'ghost', how: 'cannot be run (ENOENT)' }])
    await supervisor.stop()
  })
})
