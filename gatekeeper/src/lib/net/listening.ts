/** Where a server listens: a unix socket or TCP. */
import { chmodSync, lstatSync, mkdirSync, statSync, unlinkSync } from 'node:fs'
import type { Server } from 'node:http'
import { connect, type Server as NetServer } from 'node:net'
import { dirname } from 'node:path'

/** The address of a listener. */
export type Listen =
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }

/**
 * Starts listening. Rejects as `node:net` does. A unix socket is open to this user and its group,
 * or with `mode` 0o600 to the user alone, from the moment it exists.
 */
export async function listenOn(server: NetServer, listen: Listen, mode = 0o660): Promise<void> {
  if (listen.kind === 'unix') await prepareSocket(listen.path)
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', reject)
  server.once('listening', resolve)
  if (listen.kind === 'unix') bindSocket(server, listen.path, mode)
  else server.listen(listen.port, listen.host)
  await promise
  server.off('error', reject)
  if (listen.kind === 'unix') chmodSync(listen.path, mode)
}

/** The socket is created inside the call, so nobody can open it before its mode is set. */
function bindSocket(server: NetServer, path: string, mode: number): void {
  const mask = process.umask(0o777 & ~mode)
  try {
    server.listen(path)
  } finally {
    process.umask(mask)
  }
}

async function prepareSocket(path: string): Promise<void> {
  const folder = dirname(path)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  // Everybody who may write to the folder could replace our socket with another one.
  if ((statSync(folder).mode & 0o002) !== 0) {
    throw new Error(`${folder} is writable for all users; make it private: chmod o-w ${folder}`)
  }
  if (lstatSync(path, { throwIfNoEntry: false })?.isSocket() !== true) return
  if (await isAnswering(path))
    throw Object.assign(new Error(`${path} is in use`), { code: 'EADDRINUSE' })
  unlinkSync(path)
}

function isAnswering(path: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const socket = connect(path)
  socket.once('connect', () => resolve(true))
  socket.on('error', () => resolve(false))
  return promise.finally(() => socket.destroy())
}

/** Stops accepting, waits `graceMs` for open answers, then cuts the rest. */
export async function closeListener(server: Server, graceMs: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  server.close(() => resolve())
  // A connection whose answer ends now would otherwise stay open for its next request.
  const idle = setInterval(() => server.closeIdleConnections(), 50)
  const cut = setTimeout(() => server.closeAllConnections(), graceMs)
  await promise
  clearInterval(idle)
  clearTimeout(cut)
}
