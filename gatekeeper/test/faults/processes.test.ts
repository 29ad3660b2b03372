/**
 * Processes that die, freeze, or have no file descriptor left, during constant requests.
 * Only processes that a supervisor would restart are restarted.
 */
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Child, waitUntil } from '../support/child.ts'
import { unqueuedGateway } from '../support/gateway-file.ts'
import { keyFileText, makeKey } from '../support/keys.ts'
import { type Stack, startGatekeeper, startStack, testCaddy } from '../support/stack.ts'
import { ada, expectNoHarm, revoked, startProbes } from './support/probes.ts'
import { canLimit } from './support/tools.ts'

describe.skipIf(testCaddy === null)('a process that', () => {
  let stack: Stack
  let gatekeeper: Child
  const started: Child[] = []
  beforeAll(async () => {
    stack = await startStack({ keys: [ada, revoked], config: unqueuedGateway })
    gatekeeper = stack.gatekeeper
  })
  afterAll(async () => {
    await Promise.all(started.map((child) => child.stop()))
    await stack?.stop()
  })

  const kill = async ({ process }: Child) => {
    const ended = once(process, 'exit')
    process.kill('SIGKILL')
    await ended
  }
  const startNext = async () => {
    gatekeeper = startGatekeeper(stack.env)
    started.push(gatekeeper)
    await waitUntil(() => gatekeeper.output().includes('gatekeeper ready'), {
      ...{ limitMs: 60_000, child: gatekeeper, describe: gatekeeper.output },
    })
  }

  it('is killed: the gatekeeper. Requests are refused until the next one runs', async () => {
    const probes = startProbes(stack)
    await probes.recovered()
    await kill(gatekeeper)
    const without = await stack.send('/api/tags', { key: ada.key })
    expect(without.status).toBeGreaterThanOrEqual(502)
    expect((await stack.send('/chat/api/tags', { key: ada.key })).status).toBeGreaterThanOrEqual(
      502,
    )
    await startNext()
    await probes.recovered()
    await expectNoHarm(stack, await probes.stop())
  }, 120_000)

  it('is frozen: the gatekeeper. Requests are refused within seconds, and served after it resumes', async () => {
    const probes = startProbes(stack)
    await probes.recovered()
    gatekeeper.process.kill('SIGSTOP')
    // Until Caddy has noticed. Requests that it forwarded before wait, as for a loading model.
    const soon = (path: string) =>
      Promise.race([
        stack.send(path, { key: ada.key }).then(({ status }) => status),
        sleep(4_000, null),
      ])
    await waitUntil(async () => ((await soon('/api/tags')) ?? 0) >= 502, {
      ...{ limitMs: 30_000, describe: stack.caddy.output },
    })
    for (const path of ['/api/tags', '/chat/api/tags']) {
      expect(await soon(path)).toBeGreaterThanOrEqual(502)
    }
    gatekeeper.process.kill('SIGCONT')
    await probes.recovered()
    await expectNoHarm(stack, await probes.stop())
  }, 120_000)

  it('is killed: Caddy. No port is open without it, and requests through the next one are served', async () => {
    const probes = startProbes(stack)
    await probes.recovered()
    await kill(started.findLast(({ process }) => process.spawnfile === testCaddy) ?? stack.caddy)
    await expect(stack.send('/api/tags', { key: ada.key })).rejects.toThrow()
    started.push(await stack.startCaddy())
    await probes.recovered()
    await expectNoHarm(stack, await probes.stop())
  }, 120_000)

  it.skipIf(!canLimit)(
    'has no descriptor left: it refuses, keeps running, and serves when it has some',
    async () => {
      const pid = gatekeeper.process.pid ?? 0
      const probes = startProbes(stack)
      await probes.recovered()
      const used = readdirSync(`/proc/${pid}/fd`).length
      const limitTo = (number: number) =>
        execFileSync('prlimit', ['--pid', String(pid), `--nofile=${number}:`])
      limitTo(used + 20)
      // Half-open connections, which use a descriptor each and send nothing.
      const sockets: Socket[] = []
      const hold = () => {
        const socket = connect(join(stack.stateDir, 'run/relay.sock'))
        socket.on('error', () => {})
        sockets.push(socket)
      }
      for (let left = 60; left > 0; left--) hold()
      await waitUntil(
        async () => {
          hold()
          return (
            ((await stack.send('/chat/api/tags', { key: ada.key }).catch(() => null))?.status ??
              502) >= 502
          )
        },
        { limitMs: 30_000, child: gatekeeper, describe: gatekeeper.output },
      )
      // A key file that cannot be read now is not an empty one, and a revocation is kept.
      const late = makeKey({ user: 'late' })
      const file = stack.keysFile
      writeFileSync(`${file}.next`, keyFileText([ada, revoked, late]))
      renameSync(`${file}.next`, file)
      await sleep(1_500)
      expect(gatekeeper.process.exitCode).toBe(null)

      for (const socket of sockets) socket.destroy()
      await probes.recovered()
      await waitUntil(
        async () => (await stack.send('/api/tags', { key: late.key })).status === 200,
        {
          ...{ limitMs: 20_000, child: gatekeeper, describe: gatekeeper.output },
        },
      )
      await expectNoHarm(stack, await probes.stop())
      // None of this remains.
      await waitUntil(() => readdirSync(`/proc/${pid}/fd`).length <= used + 20, {
        ...{ limitMs: 20_000, describe: () => readFileSync(`/proc/${pid}/limits`, 'utf8') },
      })
    },
    120_000,
  )
})
