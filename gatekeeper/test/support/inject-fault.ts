/**
 * Loaded into a process of a test by `node --import`: a fault of any kind at SIGUSR2, as a bug of
 * ours would be. The file that TEST_FAULT names says which one.
 */
import { subscribe } from 'node:diagnostics_channel'
import { EventEmitter } from 'node:events'
import { readFileSync } from 'node:fs'
import { isMainThread, type Worker } from 'node:worker_threads'

/** Text that a message may quote from a client, and that no log may have. */
const message = 'sk-of-a-client\n    at sk-of-a-client (file:///x.ts:1:1)'

const workers: Worker[] = []
if (isMainThread) {
  subscribe('worker_threads', (made) => void workers.push((made as { worker: Worker }).worker))
}

const kinds: Readonly<Record<string, () => void>> = {
  thrown: () => {
    throw new TypeError(message)
  },
  'thrown later': () => void setTimeout(kinds['thrown'] as () => void, 1),
  rejected: () => void Promise.reject(new RangeError(message)),
  emitted: () => void new EventEmitter().emit('error', new SyntaxError(message)),
  'not an error': () => {
    throw message
  },
  'a thread that ends': () => {
    for (const worker of workers) void worker.terminate()
  },
  // Not a command of ours, so that its reader throws.
  'a thread that throws': () => {
    for (const worker of workers) worker.postMessage(message)
  },
  // As from a timer, each time that it fires.
  'again and again': () => void setInterval(kinds['thrown'] as () => void, 5),
}

if (isMainThread) {
  process.on('SIGUSR2', () => {
    const kind = readFileSync(process.env['TEST_FAULT'] ?? '', 'utf8')
    kinds[kind]?.()
  })
}
