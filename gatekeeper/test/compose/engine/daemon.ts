/** One dockerd of our own: its state is in one folder, and it ends with this process. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { endsWithUs, succeeds, tail } from '../../real/parts/command.ts'

export type Daemon = { readonly stop: () => Promise<void> }

export type DaemonOptions = {
  readonly folder: string
  /** Added to the daemon's configuration file. */
  readonly config: Readonly<Record<string, unknown>>
  /** The network namespace to run in; null is the host's. */
  readonly namespace: string | null
}

const readySeconds = 60
const stopSeconds = 60

export const socketOf = (folder: string): string => path.join(folder, 'docker.sock')

/** Starts the daemon and waits until it answers; throws with the end of its log. */
export async function startDaemon({ folder, config, namespace }: DaemonOptions): Promise<Daemon> {
  const pidfile = path.join(folder, 'docker.pid')
  const file = path.join(folder, 'daemon.json')
  const common = {
    'data-root': path.join(folder, 'data'),
    'exec-root': path.join(folder, 'exec'),
    pidfile,
    hosts: [`unix://${socketOf(folder)}`],
    'storage-driver': 'overlay2',
  }
  await writeFile(file, JSON.stringify({ ...common, ...config }))
  // Not `ip netns exec`, which mounts /sys again and hides the cgroups.
  const enter = namespace === null ? [] : ['nsenter', `--net=/run/netns/${namespace}`]
  const words = [...endsWithUs, ...enter, '/usr/sbin/dockerd', '--config-file', file]
  const child = spawn('setpriv', words, { stdio: ['ignore', 'pipe', 'pipe'] })
  let log = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      log = (log + text).slice(-20_000)
    })
  }
  child.once('error', (error) => {
    log += error.message
  })
  try {
    await untilReady(child, folder, () => log)
  } catch (error) {
    await endDaemon(child)
    throw error
  }
  return { stop: () => endDaemon(child) }
}

async function untilReady(child: ChildProcess, folder: string, log: () => string): Promise<void> {
  const endAt = Date.now() + readySeconds * 1000
  while (Date.now() < endAt) {
    if (child.exitCode !== null || child.pid === undefined) {
      throw new Error(`dockerd ended: ${tail(log())}`)
    }
    if (await succeeds('docker', ['-H', `unix://${socketOf(folder)}`, 'info'])) return
    await sleep(200)
  }
  throw new Error(`dockerd was not ready after ${readySeconds} s: ${tail(log())}`)
}

/** It stops its containers first, each within its grace. */
async function endDaemon(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return
  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  const late = setTimeout(() => child.kill('SIGKILL'), stopSeconds * 1000)
  await exited
  clearTimeout(late)
}

/** Ends the processes that a killed daemon left: those whose command line names our folder. */
export async function endLeftOvers(folder: string, pids: readonly number[]): Promise<void> {
  for (const pid of pids) {
    const words = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
    if (words.includes(`${folder}/`)) process.kill(pid, 'SIGKILL')
  }
}
