/**
 * The resources of a process, read over Node's inspector, so that the product has no code for it.
 */
import { readdirSync } from 'node:fs'
import { waitUntil } from '../../support/child.ts'
import type { Stack } from '../../support/stack.ts'

export type Held = {
  /** Bytes of objects, and of buffers outside of the heap, after garbage collection. */
  readonly bytes: number
  readonly residentBytes: number
  /** Timers, sockets and the like. */
  readonly resources: number
  readonly descriptors: number
}

export type Inside = {
  readonly look: () => Promise<Held>
  readonly close: () => void
}

/** NODE_OPTIONS for a process to inspect. */
export const inspectable = '--inspect=127.0.0.1:0'

const asked = `(() => {
  const { heapUsed, external, rss } = process.memoryUsage()
  const resources = process.getActiveResourcesInfo().length
  return JSON.stringify({ bytes: heapUsed + external, residentBytes: rss, resources })
})()`

type Reply = { readonly id?: number; readonly result?: { readonly result?: { value?: string } } }

export async function lookInside({ gatekeeper }: Stack): Promise<Inside> {
  const url = () => /ws:\/\/127\.0\.0\.1:\d+\/[0-9a-f-]+/.exec(gatekeeper.output())?.[0]
  await waitUntil(() => url() !== undefined, {
    ...{ limitMs: 10_000, child: gatekeeper, describe: gatekeeper.output },
  })
  const socket = new WebSocket(url() ?? '')
  await new Promise((resolve) => socket.addEventListener('open', resolve, { once: true }))
  let lastId = 0
  const call = (method: string, params = {}): Promise<Reply> => {
    const id = ++lastId
    const { promise, resolve } = Promise.withResolvers<Reply>()
    const listen = ({ data }: MessageEvent) => {
      const reply = JSON.parse(String(data)) as Reply
      if (reply.id !== id) return
      socket.removeEventListener('message', listen)
      resolve(reply)
    }
    socket.addEventListener('message', listen)
    socket.send(JSON.stringify({ id, method, params }))
    return promise
  }
  return {
    look: async () => {
      // Twice: the second collects the objects that a finaliser released.
      await call('HeapProfiler.collectGarbage')
      await call('HeapProfiler.collectGarbage')
      const reply = await call('Runtime.evaluate', { expression: asked, returnByValue: true })
      const held = JSON.parse(reply.result?.result?.value ?? '{}') as Omit<Held, 'descriptors'>
      const descriptors = readdirSync(`/proc/${gatekeeper.process.pid}/fd`).length
      return { ...held, descriptors }
    },
    close: () => socket.close(),
  }
}
