/**
 * Parts are the real servers behind the gate in the real suite: the ones that our fakes imitate.
 * A part is provisioned once per machine (into a cache) and started per suite, on 127.0.0.1 and a
 * free port. A machine that cannot have one gets `available: false` with the reason, never a throw,
 * so that a suite can skip loudly.
 */
import path from 'node:path'

/** Takes one line of progress; a suite gives `console.log` or nothing. */
export type Log = (line: string) => void

export type Availability = { available: true } | { available: false; why: string }

/** The options of every part's `start`. Give `port` only to restart a server on its old port. */
export type StartOptions = { port?: number }

export type Running = {
  /** `http://127.0.0.1:PORT`, no slash at the end. */
  url: string
  /** The leader of the server's process group; for tests that freeze or kill it. */
  pid: number
  /** The last kilobytes of the server's output. */
  output: () => string
  /** Ends the server and its children. May be called again. */
  stop: () => Promise<void>
}

export type Part<Options extends StartOptions> = {
  name: string
  provision: (log: Log) => Promise<Availability>
  start: (options: Options) => Promise<Running>
}

export const repositoryRoot: string = path.resolve(import.meta.dirname, '../../../..')

/** Runs the work of a `provision`; its exception becomes the `why`. */
export async function availability(work: () => Promise<void>): Promise<Availability> {
  try {
    await work()
    return { available: true }
  } catch (error) {
    return { available: false, why: error instanceof Error ? error.message : String(error) }
  }
}
