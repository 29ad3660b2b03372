import type { Endpoint } from '../policy/endpoint.ts'
import { chatCompletions, type RowOptions, rowsIn } from './row.ts'

const row = rowsIn('chat')

const asked: RowOptions[] = [
  ...chatCompletions,
  { body: 'chat', upstreamPath: '/v1/chat/completions' },
]
const guarded: RowOptions = { promptLevel: 'guarded' }
const standard: RowOptions = { promptLevel: 'standard' }
const open: RowOptions = { isPublic: true }

/**
 * The domain chat. Its levels have the names of fish: minnow sends the standard prompt, shark the
 * guarded one. A client never learns what they mean.
 */
export const chatEndpoints: readonly Endpoint[] = [
  row('POST', '/minnow/chat', 'use', ...asked, standard, open),
  row('POST', '/shark/chat', 'use', ...asked, guarded, open),
  row('POST', '/authorized/minnow/chat', 'use', ...asked, standard),
  row('POST', '/authorized/shark/chat', 'use', ...asked, guarded),
].flat()

/** Where its endpoints begin. */
export const chatPrefixes = ['/minnow', '/shark', '/authorized'] as const

/** Whether the path is that of a chat of another level. */
export function isUnknownLevel(path: string): boolean {
  const isChat = /^(?:\/authorized)?\/[^/]+\/chat$/.test(path)
  return isChat && !chatEndpoints.some(({ pattern }) => pattern === path)
}
