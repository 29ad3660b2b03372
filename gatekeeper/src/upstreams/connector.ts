import { buildConnector } from 'undici'

/** The name for the reset of a connection to an upstream, instead of Node's ECONNRESET. */
export const resetCode = 'CONNECTION_RESET'

type ConnectorOptions = {
  readonly timeout: number
  /** Authorities in PEM form, instead of the public ones. */
  readonly ca?: string | undefined
}

/**
 * Connects like undici's default, in HTTP/1.1, but does not let a reset end an answer. undici
 * treats an ECONNRESET as the end of an answer that has neither a length nor chunks (because of
 * macOS), so a partial answer would pass as complete. Such an answer ends by a FIN (RFC 9112 §6.3).
 */
export function createConnector({ timeout, ca }: ConnectorOptions): buildConnector.connector {
  const connect = buildConnector({ timeout, allowH2: false, ...(ca !== undefined && { ca }) })
  return (target, callback) =>
    connect(target, (...result) => {
      // Before undici gets the connection, so that this listener runs before its own.
      result[1]?.on('error', renameReset)
      callback(...result)
    })
}

function renameReset(error: NodeJS.ErrnoException): void {
  if (error.code === 'ECONNRESET') error.code = resetCode
}
