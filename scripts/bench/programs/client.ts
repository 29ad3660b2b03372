/**
 * The client of every row, in a process of its own: keeps its connections between slices, so that
 * no slice pays for handshakes. Takes plans from the bench one after the other, and answers each.
 */
import {
  LoadConnection,
  type Target,
} from '../../../gatekeeper/test/slow/support/load-connection.ts'
import { type LoadPlan, runSlice } from '../load.ts'
import { runStreams, type StreamPlan } from '../streams.ts'

const open = new Map<number, LoadConnection[]>()

function connectionsTo(target: Target, count: number): LoadConnection[] {
  const known = open.get(target.port) ?? []
  open.set(target.port, known)
  while (known.length < count) known.push(new LoadConnection(target))
  return known.slice(0, count)
}

async function run(plan: LoadPlan | StreamPlan): Promise<unknown> {
  if (plan.kind === 'stream') return await runStreams(plan)
  const connections = connectionsTo(plan.target, plan.connections)
  await runSlice(connections, { ...plan, seconds: plan.warmSeconds })
  return await runSlice(connections, plan)
}

process.on('message', (plan: LoadPlan | StreamPlan) => {
  run(plan).then(
    (result) => process.send?.({ result }),
    (error: Error) => process.send?.({ error: error.message }),
  )
})
process.on('disconnect', () => process.exit(0))
