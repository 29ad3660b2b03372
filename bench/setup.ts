import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { writeServiceBlocks } from '../gatekeeper/src/config/blocks/service-blocks.ts'
import { loadFrontSecrets } from '../gatekeeper/src/config/front-secrets.ts'
import { loadGateway } from '../gatekeeper/src/config/load-gateway.ts'
import { readSettings } from '../gatekeeper/src/config/read-settings.ts'
import type { Child } from '../gatekeeper/test/support/child.ts'
import { makeKey, type TestKey } from '../gatekeeper/test/support/keys.ts'
import { type BenchKeys, makeBenchKeys } from './bench-keys.ts'
import { addBenchClient, makeBenchToken } from './bench-token.ts'
import { type BenchClient, startClient } from './client.ts'
import {
  type Front,
  type Place,
  preparePlace,
  startFront,
  startGatekeeper,
  type Undo,
} from './front.ts'
import type { Gap, Peer } from './peers/peer.ts'
import { toPeerBlock, toPeerRow } from './peers/peer-blocks.ts'
import { startPeers } from './peers/start-peers.ts'
import { startProcess, waitForOutput } from './processes.ts'
import type { FrontName, RowPlan } from './rows.ts'

/** All processes that the rows need, on loopback. */
export type Setup = {
  readonly folder: string
  readonly keys: BenchKeys
  /** The secret of the OAuth client `bench`. */
  readonly clientSecret: string
  readonly appUrl: string
  readonly fronts: Readonly<Record<FrontName, Front>>
  readonly gatekeeper: Child
  /** A gatekeeper that records no allowed request. */
  readonly unaudited: Child
  readonly null: Child
  readonly bareRelay: Child
  readonly client: BenchClient
  /** Rows of the peers that are running. */
  readonly peerRows: readonly RowPlan[]
  /** Peers that did not start. */
  readonly gaps: readonly Gap[]
}

export type SetupOptions = {
  readonly caddy: string
  readonly peers?: readonly Peer[]
  /** Flags for the Node of the gatekeeper. */
  readonly gatekeeperFlags?: readonly string[]
}

/** Starts all processes; each registers its end with `undo` as soon as it runs. */
export async function startSetup(options: SetupOptions, undo: Undo): Promise<Setup> {
  const folder = mkdtempSync(join(tmpdir(), 'gk-bench-'))
  undo(() => rmSync(folder, { recursive: true, force: true }))
  const callers = makeBenchKeys()
  // Ten keys, as in a home.
  const others = Array.from({ length: 6 }, () => makeKey())
  const keys: TestKey[] = [...Object.values(callers), ...others]
  const app = startProgram('app', folder, {})
  undo(app.stop)
  await waitForOutput(app, 'listening')
  const appUrl = `http://127.0.0.1:${/listening (\d+)/.exec(app.output())?.[1]}`

  const ours = await preparePlace(folder, 'ours', { keys, appUrl })
  const flags = options.gatekeeperFlags ?? []
  const clientSecret = await addBenchClient(ours)
  // The first start compiles, which would count as its memory, so it is not measured.
  await (await startGatekeeper(ours, { undo, flags: [] })).stop()
  const gatekeeper = await startGatekeeper(ours, { undo, flags })
  const quiet = await preparePlace(folder, 'quiet', { keys, appUrl })
  appendFileSync(join(quiet.folder, 'gatekeeper.yaml'), 'audit: {allowed: none}\n')
  const unaudited = await startGatekeeper(quiet, { undo, flags: [] })
  const standIn = await preparePlace(folder, 'stand-in', { keys: [], appUrl })
  const standIns = await startStandIns(standIn, appUrl, undo)
  const slot = { folder, appUrl, key: callers.plain.key, undo }
  const { started, gaps } = await startPeers(options.peers ?? [], slot)
  const caddy = { caddyPath: options.caddy, undo, peerBlocks: started.map(toPeerBlock) }
  const fronts = {
    ours: await startFront(ours, caddy),
    unaudited: await startFront(quiet, caddy),
    'stand-in': await startFront(standIn, caddy),
  }
  const client = startClient()
  undo(client.stop)
  const peerRows = started.map(toPeerRow)
  const token = { ...callers.token, key: await makeBenchToken(ours) }
  return {
    folder,
    keys: { ...callers, token },
    clientSecret,
    appUrl,
    fronts,
    gatekeeper,
    unaudited,
    ...standIns,
    client,
    peerRows,
    gaps,
  }
}

/** Starts the replacements on the gatekeeper's sockets, with the secrets that it would make. */
async function startStandIns(place: Place, appUrl: string, undo: Undo) {
  const { proof } = loadFrontSecrets(place.stateDir)
  const readFile = (path: string) => readFileSync(path, 'utf8')
  const source = { env: place.env, folder: place.folder, platform: process.platform, readFile }
  const { settings } = readSettings(source)
  // Nothing listens there for reports of ended answers.
  const told = { ...settings, outcomesListen: null }
  writeServiceBlocks(told, loadGateway(settings, readFile).services)
  const socket = (point: string) => ({ BENCH_SOCKET: join(place.stateDir, `run/${point}.sock`) })
  const parts = {
    null: startProgram('null', place.folder, { ...socket('check'), BENCH_PROOF: proof }),
    bareRelay: startProgram('bare-relay', place.folder, { ...socket('relay'), BENCH_APP: appUrl }),
  }
  for (const part of Object.values(parts)) {
    undo(part.stop)
    await waitForOutput(part, 'listening')
  }
  return parts
}

const programs = {
  app: import.meta.resolve('./programs/app.ts'),
  null: import.meta.resolve('./programs/null.ts'),
  'bare-relay': import.meta.resolve('./programs/bare-relay.ts'),
} as const

/** Starts a program of the bench; it says in its output when it listens. */
export function startProgram(
  name: keyof typeof programs,
  folder: string,
  env: Readonly<Record<string, string>>,
): Child {
  mkdirSync(folder, { recursive: true })
  return startProcess({
    command: process.execPath,
    words: [fileURLToPath(programs[name])],
    env: { PATH: process.env['PATH'], ...env },
    outputFile: join(folder, `${name}.log`),
  })
}
