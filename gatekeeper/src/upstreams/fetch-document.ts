/**
 * Fetches a small document of an issuer or an upstream: no redirects, bounded in time and size, and
 * its content is never shown. The address comes from our configuration, never from a request.
 */
import { Agent } from 'undici'
import { type CollectBounds, collectAnswer } from './collect-answer.ts'
import { createConnector } from './connector.ts'

const timeoutMsUsual = 5_000
const bytesMax = 1024 * 1024

type FetchOptions = {
  readonly fields?: Readonly<Record<string, string>> | undefined
  /** Authorities in PEM form, instead of the public ones. */
  readonly ca?: string | undefined
  /** A form to send; left out for a GET. */
  readonly form?: URLSearchParams | undefined
}

export type DocumentFetcher = {
  /** Resolves with the text; rejects with an error whose `code` says why there is none. */
  readonly fetch: (url: string, options?: FetchOptions) => Promise<string>
  readonly close: () => Promise<void>
}

export function createDocumentFetcher({ timeoutMs = timeoutMsUsual } = {}): DocumentFetcher {
  const agents = new Map<string | undefined, Agent>()
  const agentFor = (ca: string | undefined) => {
    const connect = createConnector({ timeout: timeoutMs, ca })
    const agent = agents.get(ca) ?? new Agent({ connect, pipelining: 0, allowH2: false })
    agents.set(ca, agent)
    return agent
  }
  return {
    fetch: async (url, { fields = {}, ca, form } = {}) => {
      const options = dispatchOptions(url, fields, form)
      const bounds = { timeoutMs, bytesMax, judgeHead }
      return (await collectAnswer(agentFor(ca), options, bounds)).text
    },
    close: async () => {
      await Promise.all([...agents.values()].map((agent) => agent.destroy()))
    },
  }
}

function dispatchOptions(
  url: string,
  fields: Readonly<Record<string, string>>,
  form: URLSearchParams | undefined,
) {
  const { origin, pathname, search } = new URL(url)
  // Decoding a compressed document safely would need a bound, for no gain.
  const headers = { accept: 'application/json', 'accept-encoding': 'identity', ...fields }
  const target = { origin, path: pathname + search } as const
  if (form === undefined) return { ...target, method: 'GET', headers } as const
  const type = { 'content-type': 'application/x-www-form-urlencoded' }
  return {
    ...target,
    method: 'POST',
    headers: { ...headers, ...type },
    body: form.toString(),
  } as const
}

const judgeHead: CollectBounds['judgeHead'] = (status, fields) => {
  if (status !== 200) return `HTTP_${status}`
  const coding = String(fields['content-encoding'] ?? 'identity').trim()
  return /^(?:identity)?$/i.test(coding) ? null : 'CONTENT_ENCODING'
}
