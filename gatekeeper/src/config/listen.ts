import { isIP } from 'node:net'
import { isAbsolute, resolve } from 'node:path'
import type { Listen } from '../lib/net/listening.ts'

// The kernel's limit for the path of a socket is 108 bytes with its terminator (unix(7)).
const socketPathBytesMax = 107

/** Reads `unix:path` or `host:port` (`[::1]:9000` for IPv6). Returns the fault as a string. */
export function parseListen(text: string, folder: string): Listen | string {
  if (text.startsWith('unix:')) return parseUnix(text.slice('unix:'.length), folder)
  const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text)
  const host = match?.[1] ?? match?.[2] ?? ''
  const port = Number(match?.[3])
  if (!match || port < 1 || port > 65535) return 'is not unix:PATH or HOST:PORT'
  if (isIP(host) === 0 && !/^[A-Za-z0-9.-]+$/.test(host)) return 'has no host before the port'
  return { kind: 'tcp', host, port }
}

function parseUnix(path: string, folder: string): Listen | string {
  if (path === '') return 'has no path after unix:'
  const absolute = isAbsolute(path) ? path : resolve(folder, path)
  const bytes = Buffer.byteLength(absolute)
  return bytes <= socketPathBytesMax
    ? { kind: 'unix', path: absolute }
    : `is a socket path of ${bytes} bytes; the maximum is ${socketPathBytesMax}`
}

/** The form that Caddy dials: `unix//run/relay.sock`, `127.0.0.1:9000`. */
export function toCaddyAddress(listen: Listen): string {
  if (listen.kind === 'unix') return `unix/${listen.path}`
  return isIP(listen.host) === 6
    ? `[${listen.host}]:${listen.port}`
    : `${listen.host}:${listen.port}`
}
