import { readChatQuery } from '../kinds/chat/chat-query.ts'
import { trimWhitespace } from '../lib/net/fields.ts'
import type { Target } from '../lib/net/path.ts'
import type { PromptLevel } from '../model/endpoint.ts'
import type { Reason } from '../model/reason.ts'
import type { RequestHead } from './request-head.ts'

/** The models behind a chat. */
export type ChatModels = {
  /** Resolves to the exact names of the upstream's models; null if it does not list them. */
  readonly listModels: () => Promise<readonly string[] | null>
}

/** What the domain chat needs from other rooms. */
export type ChatDeps = ChatModels & {
  /** Returns the prompt of a domain; null if there is no such domain. */
  readonly findPrompt: (domain: string, level: PromptLevel) => string | null
}

export type ChatHeadDeps = {
  /** Null or left out if there is no domain chat. */
  readonly chat?: ChatDeps | null
  /** Null or left out if there is no chat widget. */
  readonly widget?: ChatModels | null
  /** Whether a path requests a level that the domain chat does not have. */
  readonly isUnknownLevel?: (path: string, host: string) => boolean
}

/** Returns what is wrong with the head of a chat, beyond the checks of any head. */
export function findChatDefect(
  head: RequestHead,
  target: Target,
  { chat }: ChatHeadDeps,
): Reason | { readonly defect: Reason; readonly unknown: readonly string[] } | null {
  const query = readChatQuery(target.query)
  if ('unknown' in query) return { defect: 'unknown-query', unknown: query.unknown }
  if (chat?.findPrompt(query.domain, 'guarded') === null) {
    return { defect: 'unknown-query', unknown: [`domain=${query.domain}`] }
  }
  return (head.fields['authorization'] ?? []).some(hasOtherScheme) ? 'wrong-scheme' : null
}

/** RFC 9110 §11.4: a scheme, a space, and its value. A bare key has no scheme. */
function hasOtherScheme(value: string): boolean {
  const text = trimWhitespace(value)
  const [scheme = ''] = text.split(/[ \t]/, 1)
  const isScheme = scheme !== text || /^(?:basic|digest|negotiate)$/i.test(text)
  return isScheme && scheme.toLowerCase() !== 'bearer'
}
