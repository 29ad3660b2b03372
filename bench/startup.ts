import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { planGatekeeperNode } from '../scripts/start/gatekeeper-node.ts'
import { type Place, root, type Undo } from './front.ts'
import type { StartupReport } from './report.ts'
import { median, rangeOf } from './statistics.ts'

export type StartupPlaces = { readonly few: Place; readonly many: Place; readonly count: number }

/** Starts the gatekeeper repeatedly, alone, with few and with many keys in turn. */
export async function measureStartup(places: StartupPlaces, undo: Undo): Promise<StartupReport> {
  const [few, many, bare]: [number[], number[], number[]] = [[], [], []]
  for (let turn = 0; turn < places.count; turn += 1) {
    few.push(await timeStart(places.few, undo))
    many.push(await timeStart(places.many, undo))
    bare.push(await timeBareNode())
  }
  return {
    readyMs: median(few),
    readyMsRange: rangeOf(few),
    readyManyKeysMs: median(many),
    bareNodeMs: median(bare),
  }
}

async function timeStart(place: Place, undo: Undo): Promise<number> {
  const { words, env } = planGatekeeperNode(root)
  const startedAt = performance.now()
  const child = spawn(process.execPath, words, {
    env: { ...env, ...place.env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  undo(() => child.kill('SIGTERM'))
  const exited = once(child, 'exit')
  let output = ''
  const isReady = new Promise<number>((resolve) => {
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString('utf8')
      if (output.includes('gatekeeper ready')) resolve(performance.now() - startedAt)
    })
  })
  const ended = exited.then(() => {
    throw new Error(`the gatekeeper ended before it was ready: ${output.slice(-2_000)}`)
  })
  try {
    return await Promise.race([isReady, ended])
  } finally {
    child.kill('SIGTERM')
    await exited
    ended.catch(() => {})
  }
}

async function timeBareNode(): Promise<number> {
  const startedAt = performance.now()
  await once(spawn(process.execPath, ['-e', '0'], { stdio: 'ignore' }), 'exit')
  return performance.now() - startedAt
}
