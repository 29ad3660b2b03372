import type { Socket } from 'node:net'

/** All received bytes, and whether the other side closed. */
export type Reply = { readonly text: string; readonly isClosed: boolean }

export type Patience = {
  readonly quietMs: number
  readonly limitMs: number
  /** Whether the answer is complete; silence is not an end while it returns false. */
  readonly isSettled: (text: string) => boolean
}

/**
 * Sends bytes unchanged and collects the answer until the other side closes, is silent
 * for `quietMs` after its first byte (six times as long before), or `limitMs` are over. The
 * socket stays open: half a close would make Caddy give up what it has under way.
 */
export async function converse(
  socket: Socket,
  bytes: string,
  { quietMs = 250, limitMs = 15_000, isSettled = () => true }: Partial<Patience> = {},
): Promise<Reply> {
  const { promise, resolve } = Promise.withResolvers<void>()
  let text = ''
  let isClosed = false
  const settle = () => {
    if (isSettled(text)) resolve()
    else quiet = setTimeout(settle, quietMs)
  }
  let quiet = setTimeout(settle, quietMs * 6)
  const limit = setTimeout(resolve, limitMs)
  const take = (chunk: Buffer) => {
    text += chunk.toString('latin1')
    clearTimeout(quiet)
    quiet = setTimeout(settle, quietMs)
  }
  const finish = () => {
    isClosed = true
    resolve()
  }
  socket.on('data', take).on('end', finish).on('close', finish).on('error', finish)
  socket.write(bytes, 'latin1')
  await promise
  clearTimeout(quiet)
  clearTimeout(limit)
  socket.off('data', take)
  return { text, isClosed }
}
