/**
 * Fetches a small document of an issuer or an upstream: no redirects, bounded in time and size, and
 * its content is never shown. The address comes from our configuration, never from a request.
 *
 * Uses `dispatch`, as `forward` does, and not undici's `request`: its body is a stream, and a
 * destroyed stream emits an error. An error without a listener ends the process.
 */
import { Agent, type Dispatcher } from 'undici'
import { createConnector } from './connector.ts'
import type { AnswerFields } from './response-fields.ts'

const timeoutMsUsual = 5_000
const bytesMax = 1024 * 1024

/** The answer was not a document. */
class DocumentError extends Error {
  override readonly name = 'DocumentError'
  readonly code: string

  constructor(code: string) {
    super(code)
    this.code = code
  }
}

type FetchOptions = {
  readonly fields?: Readonly<Record<string, string>> | undefined
  /** Authorities in PEM form, instead of the public ones. */
  readonly ca?: string | undefined
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
    fetch: (url, { fields = {}, ca } = {}) =>
      new Promise((resolve, reject) => {
        const handler = new DocumentHandler({ resolve, reject })
        handler.endAfter(timeoutMs)
        try {
          agentFor(ca).dispatch(dispatchOptions(url, fields), handler)
        } catch (error) {
          // undici throws synchronously for a request that it considers invalid.
          handler.onResponseError(null, error as Error)
        }
      }),
    close: async () => {
      await Promise.all([...agents.values()].map((agent) => agent.destroy()))
    },
  }
}

function dispatchOptions(url: string, fields: Readonly<Record<string, string>>) {
  const { origin, pathname, search } = new URL(url)
  // Decoding a compressed document safely would need a bound, for no gain.
  const headers = { accept: 'application/json', 'accept-encoding': 'identity', ...fields }
  return { origin, path: pathname + search, method: 'GET', headers } as const
}

type Controller = Dispatcher.DispatchController
type Settle = {
  readonly resolve: (text: string) => void
  readonly reject: (error: Error) => void
}

/** Collects one answer. The first end counts; later ones are ignored. */
class DocumentHandler implements Dispatcher.DispatchHandler {
  readonly #settle: Settle
  readonly #chunks: Buffer[] = []
  #controller: Controller | null = null
  #timer: NodeJS.Timeout | null = null
  #length = 0
  #isDone = false

  constructor(settle: Settle) {
    this.#settle = settle
  }

  endAfter(timeoutMs: number): void {
    this.#timer = setTimeout(() => this.#fail(new DocumentError('TIMEOUT')), timeoutMs)
  }

  onRequestStart(controller: Controller): void {
    this.#controller = controller
    if (this.#isDone) controller.abort(new Error('it took too long'))
  }

  onResponseStart(_controller: Controller, status: number, fields: AnswerFields): void {
    // Informational answers come before the final one (RFC 9110 §15.2).
    if (status >= 100 && status < 200) return
    if (status !== 200) return this.#fail(new DocumentError(`HTTP_${status}`))
    const coding = String(fields['content-encoding'] ?? 'identity').trim()
    if (!/^(?:identity)?$/i.test(coding)) this.#fail(new DocumentError('CONTENT_ENCODING'))
  }

  onResponseData(_controller: Controller, chunk: Buffer): void {
    if (this.#isDone) return
    this.#length += chunk.length
    if (this.#length > bytesMax) return this.#fail(new DocumentError('TOO_LARGE'))
    this.#chunks.push(chunk)
  }

  onResponseEnd(): void {
    if (!this.#finish()) return
    this.#settle.resolve(Buffer.concat(this.#chunks, this.#length).toString('utf8'))
  }

  onResponseError(_controller: Controller | null, error: Error): void {
    if (this.#finish()) this.#settle.reject(error)
  }

  #fail(error: DocumentError): void {
    if (!this.#finish()) return
    this.#settle.reject(error)
    // The rest of the answer is not read: its connection is closed.
    this.#controller?.abort(error)
  }

  /** Returns false if it has already ended. */
  #finish(): boolean {
    if (this.#isDone) return false
    this.#isDone = true
    if (this.#timer !== null) clearTimeout(this.#timer)
    return true
  }
}
