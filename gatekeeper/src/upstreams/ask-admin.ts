/**
 * Asks the admin process over its unix socket. It is a process of this installation, and yet nothing
 * that it does may end ours or hold a request for longer than the bounds here.
 */
import { Agent } from 'undici'
import { type CollectBounds, type CollectedAnswer, collectAnswer } from './collect-answer.ts'

/** Longer than the lock of a document is waited for. */
const timeoutMsUsual = 15_000
const connectMs = 1_000
const bytesMax = 4 * 1024 * 1024

export type AdminClient = {
  /**
   * Resolves with the answer to a request that is handed over, a JSON text. Rejects with an error
   * whose `code` says why there is none.
   */
  readonly ask: (json: string) => Promise<CollectedAnswer>
  readonly close: () => Promise<void>
}

export function createAdminClient(
  socketPath: string,
  { timeoutMs = timeoutMsUsual } = {},
): AdminClient {
  const agent = new Agent({ connect: { socketPath, timeout: connectMs }, pipelining: 0 })
  const headers = { 'content-type': 'application/json', accept: 'application/json' }
  return {
    ask: async (json) => {
      const options = { origin: 'http://admin', path: '/handed-over', method: 'POST' } as const
      const bounds = { timeoutMs, bytesMax, judgeHead }
      return await collectAnswer(agent, { ...options, headers, body: json }, bounds)
    },
    close: () => agent.destroy(),
  }
}

/** A fault of the admin process is no answer for a client. */
const judgeHead: CollectBounds['judgeHead'] = (status, fields) => {
  if (status < 200 || status >= 500) return `HTTP_${status}`
  const type = String(fields['content-type'] ?? '')
  return /^application\/json(?:;|$)/.test(type) ? null : 'CONTENT_TYPE'
}
