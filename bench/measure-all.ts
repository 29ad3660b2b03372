import { setTimeout as sleep } from 'node:timers/promises'
import type { Caddy } from '../scripts/caddy/find-caddy.ts'
import { measureAudit } from './audit.ts'
import { preparePlace, type Undo } from './front.ts'
import { describeMachine } from './machine.ts'
import type { ChosenPeers } from './peers/choose-peers.ts'
import { readResidentMb } from './processes.ts'
import { makeFillers, manyKeys, measureReload } from './reload.ts'
import type { MemoryReport, Report } from './report.ts'
import { type RoundDeps, runRounds, runStreamRows } from './rounds.ts'
import { openaiRows, type RowPlan, rowPlans } from './rows.ts'
import { type Setup, startSetup } from './setup.ts'
import { measureStartup } from './startup.ts'
import { summariseRows, toStreamRow } from './summarise.ts'
import { judgeTargets } from './targets.ts'

/** Memory from loading is returned some ten seconds after the start. */
const idleAfterMs = 15_000

export type RunDeps = RoundDeps & { readonly chosen: ChosenPeers }

/** Runs all parts once, never two at the same time. */
export async function measureAll(caddy: Caddy, deps: RunDeps, undo: Undo): Promise<Report> {
  const { options, log } = deps
  const at = new Date().toISOString()
  const machine = describeMachine(caddy)
  const { peers } = deps.chosen
  const setup = await startSetup({ caddy: caddy.path, peers }, undo)
  await sleep(idleAfterMs)
  const idle = readMemory(setup)
  const plans: readonly RowPlan[] =
    peers.length === 0 ? rowPlans : [...rowPlans, ...openaiRows, ...setup.peerRows]
  const samples = await runRounds(setup, plans, deps)
  const gatekeeperLoadedMb = readResidentMb(setup.gatekeeper)
  log('streams')
  const streams = await runStreamRows(setup, options)
  const { startup, reload } = await measureAlone(setup, deps, undo)
  const audit = await measureAudit()
  const rows = summariseRows(plans, samples)
  const memory = { ...idle, gatekeeperLoadedMb }
  return {
    ...{ at, machine, rounds: samples.get('caddy')?.length ?? 0 },
    rows: [...rows, ...streams.map(toStreamRow)],
    ...{ memory, startup, reload, audit, gaps: [...deps.chosen.gaps, ...setup.gaps] },
    targets: judgeTargets({ rows, memory, startup, reload, audit }),
  }
}

/** The gatekeeper without Caddy: its start, and the reload of a large key file. */
async function measureAlone(setup: Setup, { options, log }: RoundDeps, undo: Undo) {
  const fillers = makeFillers(manyKeys - 1)
  const {
    keys: { plain: staying },
    appUrl,
  } = setup
  const place = (name: string, count: number) => {
    const keys = [staying, ...fillers.slice(0, count - 1)]
    return preparePlace(setup.folder, name, { keys, appUrl })
  }
  const places = { few: await place('few', 10), many: await place('many', manyKeys) }
  log('starts')
  const startup = await measureStartup({ ...places, count: options.startups }, undo)
  log('reloads')
  const reload = await measureReload({ ...places, staying, fillers, options }, undo)
  return { startup, reload }
}

function readMemory(setup: Setup): Omit<MemoryReport, 'gatekeeperLoadedMb'> {
  return {
    gatekeeperIdleMb: readResidentMb(setup.gatekeeper),
    caddyIdleMb: readResidentMb(setup.fronts.ours.caddy),
    bareNodeIdleMb: readResidentMb(setup.null),
  }
}
