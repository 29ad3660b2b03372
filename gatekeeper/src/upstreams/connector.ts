import { buildConnector } from 'undici'

/** How the reset of a connection to an upstream is named, where Node says ECONNRESET. */
export const resetCode = 'CONNECTION_RESET'

type ConnectorOptions = {
  readonly timeout: number
  /** Authorities in PEM form, instead of the public ones. */
  readonly ca?: string | undefined
}

/**
 * Connects as undici does by itself, in HTTP/1.1, and makes a reset the end of no answer. undici takes
 * an ECONNRESET for the end of an answer that has neither a length nor chunks (it says because of
 * macOS), and a part of it would pass for the whole. Such an answer ends by a FIN (RFC 9112 §6.3).
 */
export function createConnector({ timeout, ca }: ConnectorOptions): buildConnector.connector {
  const connect = buildConnector({ timeout, allowH2: false, ...(ca !== undefined && { ca }) })
  return (target, callback) =>
    connect(target, (...result) => {
      // Before undici hears of the connection, so that this listener is called before its own.
      result[1]?.on('error', renameReset)
      callback(...result)
    })
}

function renameReset(error: NodeJS.ErrnoException): void {
  if (error.code === 'ECONNRESET') error.code = resetCode
}
