import { Worker } from 'node:worker_threads'
import { type Problem, ProblemsError } from '../../../lib/problem.ts'
import type { Order, Question, Reply, Values } from './orders.ts'

export type JournalThread = {
  /** Rejects with a ProblemsError; then nothing of the order was done. */
  readonly ask: <Kind extends Order['kind']>(
    order: Extract<Order, { kind: Kind }>,
  ) => Promise<Values[Kind]>
  readonly end: () => Promise<void>
  /** Resolves with the cause if the thread ended unexpectedly: it is not restarted. */
  readonly died: Promise<Error>
}

/** The thread ended by itself, without an error. */
class ThreadEnded extends Error {
  override readonly name = 'ThreadEnded'
}

type Asked = { readonly resolve: (value: never) => void; readonly reject: (error: Error) => void }

/**
 * Starts the thread that owns a database; its first order names the database, so that it can load
 * while the process reads its settings. A thread that died answers no more.
 */
export function startJournalThread(): JournalThread {
  const worker = new Worker(new URL('./journal-worker.ts', import.meta.url), {
    // Not those of the process: the options of a test runner do not apply to this thread.
    execArgv: [],
  })
  const asked = new Map<number, Asked>()
  let number = 0
  let death: Problem | null = null
  let isEnding = false
  const { promise: died, resolve: tellDeath } = Promise.withResolvers<Error>()

  worker.on('message', (reply: Reply) => {
    const waiting = asked.get(reply.number)
    asked.delete(reply.number)
    if ('problem' in reply) waiting?.reject(new ProblemsError([reply.problem]))
    else waiting?.resolve(reply.value as never)
  })
  const die = (cause: Error) => {
    if (!isEnding) tellDeath(cause)
    death ??= {
      source: 'the usage journal',
      what: `its thread could not start (${cause.name})`,
      remedy: 'Restart the gatekeeper.',
    }
    for (const { reject } of asked.values()) reject(new ProblemsError([death]))
    asked.clear()
  }
  worker.on('error', (error) => die(error instanceof Error ? error : new ThreadEnded()))
  worker.on('exit', () => die(new ThreadEnded()))

  return {
    ask: (order) =>
      new Promise((resolve, reject) => {
        if (death !== null) return reject(new ProblemsError([death]))
        const question: Question = { number: ++number, order }
        asked.set(number, { resolve, reject })
        // As text, which costs a third of a structured clone.
        worker.postMessage(JSON.stringify(question))
      }),
    died,
    end: async () => {
      isEnding = true
      await worker.terminate()
    },
  }
}
