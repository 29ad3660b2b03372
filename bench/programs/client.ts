/**
 * The client of every row, as its own process. It keeps its connections between slices, so that no
 * slice pays for handshakes. It runs one plan after the other and answers each.
 */
import {
  LoadConnection,
  type SocketTarget,
  type Target,
} from '../../gatekeeper/test/slow/support/load-connection.ts'
import { type EventsPlan, runEvents } from '../heavy/events.ts'
import { runTransfer, type TransferPlan } from '../heavy/transfer.ts'
import { type LoadPlan, runSlice } from '../load.ts'
import { runStreams, type StreamPlan } from '../streams.ts'

type Plan = LoadPlan | StreamPlan | EventsPlan | TransferPlan

const open = new Map<number | string, LoadConnection[]>()

function connectionsTo(target: Target | SocketTarget, count: number): LoadConnection[] {
  const name = 'socketPath' in target ? target.socketPath : target.port
  const known = open.get(name) ?? []
  open.set(name, known)
  while (known.length < count) known.push(new LoadConnection(target))
  return known.slice(0, count)
}

async function run(plan: Plan): Promise<unknown> {
  if (plan.kind === 'stream') return await runStreams(plan)
  if (plan.kind === 'events') return await runEvents(plan)
  if (plan.kind === 'transfer') return await runTransfer(plan)
  const connections = connectionsTo(plan.target, plan.connections)
  await runSlice(connections, { ...plan, seconds: plan.warmSeconds })
  return await runSlice(connections, plan)
}

process.on('message', (plan: Plan) => {
  run(plan).then(
    (result) => process.send?.({ result }),
    (error: Error) => process.send?.({ error: error.message }),
  )
})
process.on('disconnect', () => process.exit(0))
