import { setTimeout as sleep } from 'node:timers/promises'
import type { Caddy } from '../scripts/caddy/find-caddy.ts'
import { measureAudit } from './audit.ts'
import { preparePlace, type Undo } from './front.ts'
import { type House, openHouse } from './house.ts'
import { describeMachine } from './machine.ts'
import type { ChosenPeers } from './peers/choose-peers.ts'
import { readResidentMb } from './processes.ts'
import { makeFillers, manyKeys, measureReload } from './reload.ts'
import type { MemoryReport, Report } from './report.ts'
import { type RoundDeps, runRounds, runStreamRows } from './rounds.ts'
import { openaiRows, type RowPlan, rowPlans } from './rows.ts'
import { measureStartup } from './startup.ts'
import { summariseRows, toStreamRow } from './summarise.ts'
import { judgeTargets } from './targets.ts'

/** What loading left behind is given back some ten seconds after the start. */
const idleAfterMs = 15_000

export type RunDeps = RoundDeps & { readonly chosen: ChosenPeers }

/** Runs everything once, part after part, and never two parts at a time. */
export async function measureAll(caddy: Caddy, deps: RunDeps, undo: Undo): Promise<Report> {
  const { options, log } = deps
  const at = new Date().toISOString()
  const machine = describeMachine(caddy)
  const { peers } = deps.chosen
  const house = await openHouse({ caddy: caddy.path, peers }, undo)
  await sleep(idleAfterMs)
  const idle = readMemory(house)
  const plans: readonly RowPlan[] =
    peers.length === 0 ? rowPlans : [...rowPlans, ...openaiRows, ...house.peerRows]
  const samples = await runRounds(house, plans, deps)
  const gatekeeperLoadedMb = readResidentMb(house.gatekeeper)
  log('streams')
  const streams = await runStreamRows(house, options)
  const { startup, reload } = await measureAlone(house, deps, undo)
  const audit = await measureAudit()
  const rows = summariseRows(plans, samples)
  const memory = { ...idle, gatekeeperLoadedMb }
  return {
    ...{ at, machine, rounds: samples.get('caddy')?.length ?? 0 },
    rows: [...rows, ...streams.map(toStreamRow)],
    ...{ memory, startup, reload, audit, gaps: [...deps.chosen.gaps, ...house.gaps] },
    targets: judgeTargets({ rows, memory, startup, reload, audit }),
  }
}

/** The gatekeeper without Caddy: how it starts, and how it takes over a large key file. */
async function measureAlone(house: House, { options, log }: RoundDeps, undo: Undo) {
  const fillers = makeFillers(manyKeys - 1)
  const {
    keys: { plain: staying },
    appUrl,
  } = house
  const place = (name: string, count: number) => {
    const keys = [staying, ...fillers.slice(0, count - 1)]
    return preparePlace(house.folder, name, { keys, appUrl })
  }
  const places = { few: await place('few', 10), many: await place('many', manyKeys) }
  log('starts')
  const startup = await measureStartup({ ...places, count: options.startups }, undo)
  log('reloads')
  const reload = await measureReload({ ...places, staying, fillers, options }, undo)
  return { startup, reload }
}

function readMemory(house: House): Omit<MemoryReport, 'gatekeeperLoadedMb'> {
  return {
    gatekeeperIdleMb: readResidentMb(house.gatekeeper),
    caddyIdleMb: readResidentMb(house.fronts.ours.caddy),
    bareNodeIdleMb: readResidentMb(house.null),
  }
}
