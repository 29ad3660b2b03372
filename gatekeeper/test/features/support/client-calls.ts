import { fetch as undiciFetch } from 'undici'
import type { Stack } from '../../support/stack.ts'

/** The exceptions of client libraries, with the members that tests read. */
export type Thrown = Error & {
  readonly status: number
  readonly code?: unknown
  readonly type?: unknown
  readonly status_code?: number
}

export type ClientCalls = {
  /** For client libraries: it goes through the stack and trusts its CA. */
  readonly fetch: typeof fetch
  /** Requests since the last call of `thrownBy` began. */
  readonly tries: () => number
  /** Runs a call of a client library that must not succeed; returns its exception. */
  readonly thrownBy: (run: () => PromiseLike<unknown>) => Promise<Thrown>
}

/** Counts what client libraries send; the stack is started before the suite. */
export function countCalls(stack: () => Stack): ClientCalls {
  let count = 0
  const send = async (input: string, init: RequestInit = {}) => {
    count++
    return await undiciFetch(input, { ...(init as object), dispatcher: stack().dispatcher })
  }
  return {
    // undici's own types, which differ from those of Node's built-in copy in name only.
    fetch: send as unknown as typeof fetch,
    tries: () => count,
    thrownBy: async (run) => {
      count = 0
      try {
        await run()
      } catch (error) {
        return error as Thrown
      }
      throw new Error('nothing was thrown')
    },
  }
}
