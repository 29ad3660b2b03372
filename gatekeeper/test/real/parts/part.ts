/**
 * Parts are the real servers that stand behind the gate in the real suite: what our fakes imitate.
 * A part is provisioned once per machine (into a cache) and started per suite, on 127.0.0.1 and a
 * free port. A machine that cannot have one gets `available: false` with the reason, never a throw,
 * so that a suite can skip loudly.
 */
import path from 'node:path'

/** Takes one line of progress; a suite gives `console.log` or nothing. */
export type Log = (line: string) => void

export type Availability = { available: true } | { available: false; why: string }

/** What every part's `start` accepts. Give `port` only to bring a server back where it was. */
export type StartOptions = { port?: number }

export type Running = {
  /** `http://127.0.0.1:PORT`, no slash at the end. */
  url: string
  /** Leads the process group of the server; for tests that freeze or kill it. */
  pid: number
  /** The last kilobytes that the server printed. */
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

/** Runs the work of a `provision`; whatever it throws becomes the `why`. */
export async function availability(work: () => Promise<void>): Promise<Availability> {
  try {
    await work()
    return { available: true }
  } catch (error) {
    return { available: false, why: error instanceof Error ? error.message : String(error) }
  }
}
