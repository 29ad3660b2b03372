import { request } from 'node:http'
import { join } from 'node:path'
import { type Child, waitUntil } from '../../gatekeeper/test/support/child.ts'
import { startProcess } from '../processes.ts'
import type { PeerSlot } from './peer.ts'

export type PeerPlan = {
  readonly command: string
  readonly words: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** The path that answers, with any status, as soon as the peer is ready. */
  readonly readyPath: string
}

/** Starts a peer with only PATH and HOME in its environment, and waits until it answers. */
export async function startPeer(slot: PeerSlot, plan: PeerPlan): Promise<Child> {
  const child = startProcess({
    ...{ command: plan.command, words: plan.words },
    env: { PATH: process.env['PATH'], HOME: slot.folder, ...plan.env },
    outputFile: join(slot.folder, 'output.log'),
  })
  slot.undo(child.stop)
  await waitUntil(() => isAnswering(slot.port, plan.readyPath), {
    ...{ limitMs: 90_000, child, describe: () => child.output().slice(-2_000) },
  })
  return child
}

function isAnswering(port: number, path: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const call = request({ host: '127.0.0.1', port, path, agent: false }, (answer) => {
    answer.resume()
    resolve(true)
  })
  call.on('error', () => resolve(false))
  call.end()
  return promise
}
