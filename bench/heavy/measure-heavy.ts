import type { Caddy } from '../../scripts/caddy/find-caddy.ts'
import type { Undo } from '../front.ts'
import { describeMachine } from '../machine.ts'
import { startSetup } from '../setup.ts'
import type { HeavyReport } from './heavy-report.ts'
import { judgeHeavy } from './heavy-targets.ts'
import { type HeavySize, measureEvents } from './measure-events.ts'
import { measureRefusals } from './measure-refusals.ts'
import { measureTransfers } from './measure-transfers.ts'

const full: HeavySize = {
  ...{ direct: 1_000, throughCaddy: 500, streamSeconds: 5, turns: 3, refusalSeconds: 1.5 },
}
const quick: HeavySize = {
  ...{ direct: 100, throughCaddy: 50, streamSeconds: 1, turns: 1, refusalSeconds: 0.3 },
}

type HeavyDeps = {
  readonly isQuick: boolean
  readonly log: (line: string) => void
}

/** Many streams, large bodies and many refusals, one part after the other. */
export async function measureHeavy(
  caddy: Caddy,
  { isQuick, log }: HeavyDeps,
  undo: Undo,
): Promise<HeavyReport> {
  const at = new Date().toISOString()
  const machine = describeMachine(caddy)
  const size = isQuick ? quick : full
  const setup = await startSetup({ caddy: caddy.path }, undo)
  log('large bodies')
  const transfers = await measureTransfers(setup, size.turns)
  log('refusals')
  const { turns, refusalSeconds: seconds } = size
  const refusals = await measureRefusals(setup, { turns, seconds })
  const events = await measureEvents(setup, size, log)
  const measured = { events, transfers, refusals }
  return { at, machine, ...measured, targets: judgeHeavy(measured) }
}
