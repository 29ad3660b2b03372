/** `npm run queue`: who runs and who waits at each service with slots, asked of the running gatekeeper. */
import { exitCode } from '../gatekeeper/src/lib/problem.ts'
import { askGatekeeper } from '../gatekeeper/src/operations/ask-gatekeeper.ts'
import type { Installation } from '../gatekeeper/src/operations/installation.ts'
import { runProgram } from './frame/run-program.ts'
import { formatTable } from './frame/table.ts'
import { refusePositionals } from './frame/words.ts'
import { openCloneInstallation } from './settings/open-installation.ts'

type Queued = {
  readonly user: string
  readonly principal: string
  readonly model: string | null
  readonly sinceMs: number
}
type Queue = {
  readonly slots: number
  readonly running: readonly Queued[]
  readonly waiting: readonly Queued[]
}
type Queues = { readonly services: Readonly<Record<string, Queue>> }

await runProgram<Installation>({
  name: 'queue',
  command: {
    summary: 'Who runs and who waits at each service with slots.',
    usage: '[--json]',
    options: {},
    help: ['Shows nothing of what is asked. The order of those who wait can still change.'],
    run: async (words, { commandListen }) => {
      refusePositionals(words)
      const { document } = await askGatekeeper(commandListen, '/queue')
      const { services } = document as Queues
      const lines = Object.entries(services).flatMap(([name, queue]) => [
        `${name}: ${queue.running.length} of ${queue.slots} slots, ${queue.waiting.length} waiting`,
        ...formatTable(rowsOf(queue)),
      ])
      return { json: services, lines: lines.length > 0 ? lines : ['No service has slots.'] }
    },
  },
  exitCodes: { 0: 'done', 69: 'no gatekeeper answers' },
  open: openCloneInstallation,
  explain: (error) => {
    const { code } = error as NodeJS.ErrnoException
    if (code === undefined) return null
    return {
      ...{ code: exitCode.unavailable, name: 'unavailable' },
      lines: [`no gatekeeper answers (${code}); start it: npm start`],
    }
  },
})

function rowsOf({ running, waiting }: Queue): string[][] {
  const row = (turn: string, { user, principal, model, sinceMs }: Queued) => {
    return [`  ${turn}`, user, principal, model ?? '-', `${(sinceMs / 1000).toFixed(1)} s`]
  }
  return [
    ...running.map((one) => row('runs', one)),
    ...waiting.map((one, index) => row(`waits, ${index + 1}`, one)),
  ]
}
