/**
 * Gets a small document of an issuer or an upstream: no redirects, bounded in time and size, and nothing of it is
 * ever shown. The address comes from our configuration, never from a request.
 */
import { Agent, request } from 'undici'

const timeoutMs = 5_000
const bytesMax = 1024 * 1024

/** What came was not a document. */
class DocumentError extends Error {
  override readonly name = 'DocumentError'
  readonly code: string

  constructor(code: string) {
    super(code)
    this.code = code
  }
}

export type DocumentFetcher = {
  /** Resolves with the text; rejects with an error whose `code` says why there is none. */
  readonly fetch: (url: string, fields?: Readonly<Record<string, string>>) => Promise<string>
  readonly close: () => Promise<void>
}

export function createDocumentFetcher(): DocumentFetcher {
  const agent = new Agent({ connect: { timeout: timeoutMs }, pipelining: 0 })
  return {
    fetch: async (url, fields = {}) => {
      const signal = AbortSignal.timeout(timeoutMs)
      const options = {
        dispatcher: agent,
        signal,
        headers: { accept: 'application/json', ...fields },
      }
      const { statusCode, body } = await request(url, options)
      if (statusCode !== 200) {
        body.destroy()
        throw new DocumentError(`HTTP_${statusCode}`)
      }
      const chunks: Buffer[] = []
      let length = 0
      for await (const chunk of body as AsyncIterable<Buffer>) {
        length += chunk.length
        if (length > bytesMax) throw new DocumentError('TOO_LARGE')
        chunks.push(chunk)
      }
      return Buffer.concat(chunks, length).toString('utf8')
    },
    close: () => agent.destroy(),
  }
}
