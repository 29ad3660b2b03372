import type { Endpoint } from '../../model/endpoint.ts'
import type { Kind } from '../../model/kind.ts'
import { chatCompletions, type RowOptions, rowsIn } from '../row.ts'

const row = rowsIn('chat')

const asked: RowOptions[] = [
  ...chatCompletions,
  { body: 'chat', upstreamPath: '/v1/chat/completions' },
]
const guarded: RowOptions = { promptLevel: 'guarded' }
const standard: RowOptions = { promptLevel: 'standard' }
const open: RowOptions = { isPublic: true }

/**
 * Its levels have the names of fish: minnow sends the standard prompt, shark the guarded one. A
 * client never learns what they mean.
 */
const rows: readonly Endpoint[] = [
  row('POST', '/minnow/chat', 'use', ...asked, standard, open),
  row('POST', '/shark/chat', 'use', ...asked, guarded, open),
  row('POST', '/authorized/minnow/chat', 'use', ...asked, standard),
  row('POST', '/authorized/shark/chat', 'use', ...asked, guarded),
].flat()

/** The domain chat. */
export const chat: Kind = {
  name: 'chat',
  title: 'The domain chat ([guide](guides/domain-chat.md))',
  rows,
  dialectAt: () => 'chat',
  takesModelInQuery: true,
  keepsTarget: true,
}

/** Returns the kind of a chat in front of a service of another kind, whose models it has. */
export function chatOver({ modelNames, sellsModels, guardedPath }: Kind): Kind {
  return { ...chat, modelNames, sellsModels, guardedPath }
}

/** The prefixes of its routes. */
export const chatPrefixes = ['/minnow', '/shark', '/authorized'] as const

/** First segments of the gatekeeper's own paths, which are never levels. */
const ownSegments = (
  'auth admin analytics oauth widget authorized health status openapi.json .well-known ' +
  '.gatekeeper api'
).split(' ')

/**
 * Returns a test for paths that ask for a chat of another level: `/X/chat` and `/authorized/X/chat`
 * in any letter case, with or without a slash at the end. X is no level where it is one of
 * `prefixes` (`/tts`) or one of our own paths.
 */
export function createLevelTest(prefixes: readonly string[]): (path: string) => boolean {
  const known = new Set(rows.map(({ pattern }) => pattern))
  const taken = new Set([...ownSegments, ...prefixes.map((prefix) => prefix.slice(1))])
  return (path) => {
    const level = /^(?:\/authorized)?\/([^/]+)\/chat\/?$/i.exec(path)?.[1]
    return level !== undefined && !taken.has(level.toLowerCase()) && !known.has(path)
  }
}
