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
  const rest = { cwd: folder, env: process.env, drainSeconds, hidden: [] }
  return { name, command: process.execPath, words, ...rest }
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
    const supervisor = createSupervisor({
      onDeath: (death) => deaths.push(death),
      onRestart: () => {},
    })
    supervisor.start(plan('gatekeeper', 'process.exit(0)'))
    supervisor.start(plan('caddy', 'setTimeout(() => process.exit(0), 200)'))
    await untilUp('gatekeeper', 'caddy')
    await supervisor.stop()
    expect((await termAt('gatekeeper')) - (await termAt('caddy'))).toBeGreaterThan(190_000_000n)
    expect(deaths).toEqual([])
  })

  it('kills a part that does not end in its time', async () => {
    const supervisor = createSupervisor({ onDeath: () => {}, onRestart: () => {} })
    supervisor.start(plan('deaf', '', 0.2))
    await untilUp('deaf')
    const [pid = 0] = supervisor.pids()
    await supervisor.stop()
    expect(() => process.kill(pid, 0)).toThrow(/ESRCH/)
  })

  it('goes on without an optional part that cannot be started, and tells of it', async () => {
    const onDeath = vi.fn()
    const supervisor = createSupervisor({ onDeath, onRestart: () => {} })
    supervisor.start(plan('gatekeeper', 'process.exit(0)'))
    await untilUp('gatekeeper')
    supervisor.keepUp()
    const words = ['-e', 'process.exit(78)']
    supervisor.start({ ...plan('admin', ''), words, isOptional: true })
    await vi.waitFor(() => expect(onDeath).toHaveBeenCalled(), { timeout: 5_000 })
    expect(onDeath.mock.calls).toMatchObject([[{ name: 'admin', isOptional: true, exitCode: 78 }]])
    expect(() => process.kill(supervisor.pids().at(-1) ?? 0, 0)).not.toThrow()
    await supervisor.stop()
  })

  it('tells of the first death only, with its name and how it came', async () => {
    const onDeath = vi.fn()
    const supervisor = createSupervisor({ onDeath, onRestart: () => {} })
    const exits = (code: number) => ({
      ...plan('part', ''),
      words: ['-e', `process.exit(${code})`],
    })
    supervisor.start({ ...exits(78), name: 'one' })
    await vi.waitFor(() => expect(onDeath).toHaveBeenCalled())
    supervisor.start({ ...exits(1), name: 'two' })
    await supervisor.stop()
    expect(onDeath.mock.calls).toEqual([
      [{ name: 'one', exitCode: 78, how: 'exit code 78', restarts: 0, isOptional: false }],
    ])
  })

  it('tells of a program that cannot be run, and can still stop', async () => {
    const onDeath = vi.fn()
    const supervisor = createSupervisor({ onDeath, onRestart: () => {} })
    supervisor.start({ ...plan('ghost', ''), command: join(folder, 'nothing') })
    await vi.waitFor(() => expect(onDeath).toHaveBeenCalled())
    expect(onDeath.mock.calls[0]).toMatchObject([{ name: 'ghost', how: 'cannot be run (ENOENT)' }])
    await supervisor.stop()
  })
})

it('prints what a part writes to stderr, without the lines that its plan hides', async () => {
  const print = vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  const supervisor = createSupervisor({ onDeath: () => {}, onRestart: () => {} })
  const script = `process.stderr.write('usual warning\\nreal warning\\n'); setInterval(() => {}, 1000)`
  supervisor.start({ ...plan('part', ''), words: ['-e', script], hidden: ['usual'] })
  await vi.waitFor(() => expect(print.mock.calls).toEqual([['real warning\n']]), 5_000)
  print.mockRestore()
  await supervisor.stop()
})

describe('a part that dies while everything is up', () => {
  /** Notes each of its starts in a file, and ends by itself with the code. */
  const mortal = (code: number): PartPlan => ({
    ...plan('part', ''),
    words: ['-e', `require('node:fs').appendFileSync('starts', 'x'); process.exit(${code})`],
  })
  const starts = async () => (await readFile(join(folder, 'starts'), 'utf8').catch(() => '')).length

  it('is started again within a second, five times in a minute, and then everything ends', async () => {
    const onDeath = vi.fn()
    const onRestart = vi.fn()
    const supervisor = createSupervisor({ onDeath, onRestart, clock: () => 1_000_000 })
    supervisor.keepUp()
    const startedAt = performance.now()
    supervisor.start(mortal(70))
    await vi.waitFor(() => expect(onRestart).toHaveBeenCalled(), { timeout: 5_000 })
    expect(performance.now() - startedAt).toBeLessThan(1_000)
    await vi.waitFor(() => expect(onDeath).toHaveBeenCalled(), { timeout: 20_000 })
    expect(await starts()).toBe(6)
    expect(onRestart.mock.calls.map(([{ restarts }]) => restarts)).toEqual([1, 2, 3, 4, 5])
    expect(onDeath.mock.calls).toEqual([
      [{ name: 'part', exitCode: 70, how: 'exit code 70', restarts: 5, isOptional: false }],
    ])
    await supervisor.stop()
  })

  it('may die for as long as one likes where it is seldom', async () => {
    let now = 0
    const onDeath = vi.fn()
    const onRestart = vi.fn(() => {
      now += 13_000
    })
    const supervisor = createSupervisor({ onDeath, onRestart, clock: () => now })
    supervisor.keepUp()
    supervisor.start(mortal(1))
    await vi.waitFor(() => expect(onRestart.mock.calls.length).toBeGreaterThan(8), {
      timeout: 20_000,
    })
    expect(onDeath).not.toHaveBeenCalled()
    await supervisor.stop()
  })

  it.each([0, 1, 69])('is started again whatever its exit code, as %d', async (code) => {
    const onRestart = vi.fn()
    const supervisor = createSupervisor({ onDeath: () => {}, onRestart })
    supervisor.keepUp()
    supervisor.start(mortal(code))
    await vi.waitFor(() => expect(onRestart).toHaveBeenCalled(), { timeout: 5_000 })
    await supervisor.stop()
  })

  it('for a wrong setting (78) is never started again', async () => {
    const onDeath = vi.fn()
    const supervisor = createSupervisor({ onDeath, onRestart: () => {} })
    supervisor.keepUp()
    supervisor.start(mortal(78))
    await vi.waitFor(() => expect(onDeath).toHaveBeenCalled(), { timeout: 5_000 })
    expect(await starts()).toBe(1)
  })

  it('is not started again once everything is told to stop, and the others are not touched', async () => {
    const onRestart = vi.fn()
    const supervisor = createSupervisor({ onDeath: () => {}, onRestart })
    supervisor.start(plan('caddy', 'process.exit(0)'))
    await untilUp('caddy')
    const [caddy] = supervisor.pids()
    supervisor.keepUp()
    supervisor.start(mortal(1))
    await vi.waitFor(() => expect(onRestart).toHaveBeenCalled(), { timeout: 5_000 })
    expect(supervisor.pids()).toContain(caddy)
    await supervisor.stop()
    const before = await starts()
    await new Promise((resolve) => setTimeout(resolve, 500))
    expect(await starts()).toBe(before)
  })
})
