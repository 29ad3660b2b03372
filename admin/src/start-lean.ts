/**
 * Starts a program that is idle most of the time with less memory (docs/benchmarks.md). It must run
 * before anything imports `node:http`.
 */
import { setFlagsFromString } from 'node:v8'

/** They would make machine code for what runs once, and touch 6 MB of their own. */
const compilers = ['opt', 'maglev', 'sparkplug']

/** Node reads these when a module imports `node:http`, and loads all of undici for them. */
const unusedExports = ['WebSocket', 'CloseEvent', 'MessageEvent']

/** Resolves when `start` has; from then on code that runs often is compiled as usual. */
export async function startLean(start: () => Promise<void>): Promise<void> {
  const http = process.getBuiltinModule('node:http')
  for (const name of unusedExports) Object.defineProperty(http, name, { value: undefined })
  for (const name of compilers) setFlagsFromString(`--no-${name}`)
  try {
    await start()
  } finally {
    for (const name of compilers) setFlagsFromString(`--${name}`)
  }
}
