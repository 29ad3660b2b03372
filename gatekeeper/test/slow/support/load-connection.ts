import { connect as connectPlain, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'

/** The target of a load; with `ca` over TLS. */
export type Target = { readonly port: number; readonly ca?: string }

/** A unix socket, with plain HTTP. */
export type SocketTarget = { readonly socketPath: string }

export type LoadAnswer = { readonly status: number; readonly text: string }

/**
 * One connection of a load: HTTP/1.1, one request at a time, opened again whenever the other side
 * closed it. Written by hand because a whole client per request would take the cores from what is
 * under load.
 */
export class LoadConnection {
  readonly #target: Target | SocketTarget
  #socket: Socket | null = null
  #text = ''
  #settle: ((answer: LoadAnswer | null) => void) | null = null

  constructor(target: Target | SocketTarget) {
    this.#target = target
  }

  /** Sends the bytes of one request without a body; null if the connection broke instead. */
  ask(request: string): Promise<LoadAnswer | null> {
    const { promise, resolve } = Promise.withResolvers<LoadAnswer | null>()
    this.#settle = resolve
    this.#text = ''
    this.#socket ??= this.#open()
    this.#socket.write(request, 'latin1')
    return promise
  }

  close(): void {
    this.#socket?.destroy()
    this.#socket = null
  }

  #open(): Socket {
    const socket = connectTo(this.#target)
    socket.setNoDelay(true)
    socket.on('data', (chunk: Buffer) => this.#read(chunk.toString('latin1')))
    socket.on('error', () => socket.destroy())
    socket.on('close', () => {
      if (this.#socket === socket) this.#finish(null, true)
    })
    return socket
  }

  #read(text: string): void {
    this.#text += text
    const headEnd = this.#text.indexOf('\r\n\r\n')
    if (headEnd === -1) return
    const head = this.#text.slice(0, headEnd)
    const bodyBytes = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0)
    const body = this.#text.slice(headEnd + 4)
    if (body.length < bodyBytes) return
    const isChunked = /\r\ntransfer-encoding: *chunked/i.test(head)
    if (isChunked && !/(?:^|\r\n)0\r\n\r\n$/.test(body)) return
    const isLast = /\r\nconnection: *close/i.test(head)
    this.#finish({ status: Number(head.slice(9, 12)), text: body }, isLast)
  }

  #finish(answer: LoadAnswer | null, isLast: boolean): void {
    const settle = this.#settle
    this.#settle = null
    if (isLast) this.close()
    settle?.(answer)
  }
}

function connectTo(target: Target | SocketTarget): Socket {
  if ('socketPath' in target) return connectPlain(target.socketPath)
  const { port, ca } = target
  const address = { host: '127.0.0.1', port }
  const tls = { ...address, servername: 'localhost', ALPNProtocols: ['http/1.1'] }
  return ca === undefined ? connectPlain(address) : connectTls({ ...tls, ca })
}
