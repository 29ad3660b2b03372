/**
 * A real Docker engine for one run of the suite. It builds with the host's network, since `npm ci`
 * needs a registry; then it is restarted in its own namespace, where containers run.
 */
import { mkdir, mkdtemp, readdir, readFile, stat, symlink } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { removeFolder } from '../../real/parts/cache.ts'
import { runCommand } from '../../real/parts/command.ts'
import type { Log } from '../../real/parts/part.ts'
import { type Daemon, endLeftOvers, socketOf, startDaemon } from './daemon.ts'
import { createNetwork, type Network } from './network.ts'
import { installPlugins } from './tools.ts'

const prefix = 'gk-compose-'

export type Engine = {
  /** What its clients need: DOCKER_HOST, DOCKER_CONFIG, a PATH with Debian's docker first. */
  readonly env: Readonly<Record<string, string>>
  readonly folder: string
  readonly network: Network
  readonly docker: (...words: string[]) => Promise<string>
  readonly stop: () => Promise<void>
}

/** Starts the engine; `build` runs while it has the host's network. */
export async function startEngine(
  build: (engine: Omit<Engine, 'stop' | 'network'>) => Promise<void>,
  log: Log,
): Promise<Engine> {
  await removeLeftOvers()
  const folder = await mkdtemp(path.join(os.tmpdir(), `${prefix}${process.pid}-`))
  const undo: (() => Promise<void>)[] = [() => removeFolder(folder)]
  const stop = async () => {
    for (const step of undo.splice(0).reverse()) await step()
  }
  try {
    const env = await prepareClient(folder, log)
    const docker = (...words: string[]) => runCommand('docker', words, { timeoutSeconds: 180, env })
    const alone = { bridge: 'none', iptables: false, ip6tables: false }
    const builder = await startDaemon({ folder, config: alone, namespace: null })
    await build({ env, folder, docker }).finally(builder.stop)
    const network = await createNetwork()
    undo.push(network.remove)
    const daemon: Daemon = await startDaemon({
      ...{ folder, config: {}, namespace: network.namespace },
    })
    undo.push(daemon.stop)
    return { env, folder, network, docker, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

async function prepareClient(folder: string, log: Log): Promise<Record<string, string>> {
  const config = path.join(folder, 'client')
  const bin = path.join(folder, 'bin')
  await mkdir(bin)
  // A machine may have another client as well, which is not the one under test.
  await symlink('/usr/bin/docker', path.join(bin, 'docker'))
  await installPlugins(config, log)
  return {
    DOCKER_HOST: `unix://${socketOf(folder)}`,
    DOCKER_CONFIG: config,
    DOCKER_BUILDKIT: '1',
    PATH: `${bin}:${process.env['PATH']}`,
  }
}

/** Removes processes, mounts, folders and namespaces of killed runs. Those of running ones stay. */
async function removeLeftOvers(): Promise<void> {
  for (const name of await readdir(os.tmpdir())) {
    const pid = new RegExp(`^${prefix}(\\d+)-`).exec(name)?.[1]
    if (pid === undefined || (await isAlive(pid))) continue
    const folder = path.join(os.tmpdir(), name)
    const all = (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry)).map(Number)
    await endLeftOvers(folder, all)
    await unmountBelow(folder)
    await removeFolder(folder)
    await runCommand('ip', ['netns', 'del', `gkc-${pid}`], { timeoutSeconds: 10 }).catch(() => '')
  }
}

async function isAlive(pid: string): Promise<boolean> {
  return (await stat(`/proc/${pid}`).catch(() => null)) !== null
}

async function unmountBelow(folder: string): Promise<void> {
  const mounts = (await readFile('/proc/self/mounts', 'utf8'))
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '')
    .filter((place) => place.startsWith(`${folder}/`))
  for (const place of mounts.reverse()) {
    await runCommand('umount', ['--lazy', place], { timeoutSeconds: 10 }).catch(() => '')
  }
}
