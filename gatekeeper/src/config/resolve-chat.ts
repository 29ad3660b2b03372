import { chatOver, chatPrefixes } from '../kinds/chat/chat.ts'
import { isLoopback } from '../lib/net/cidr.ts'
import type { Problem } from '../lib/problem.ts'
import type { Kind } from '../model/kind.ts'
import { anonymous } from '../model/principal.ts'
import type { Service, Visitor } from '../model/service.ts'
import type { GatewayFile } from './gateway-schema.ts'
import type { Settings } from './read-settings.ts'
import type { ReportAt } from './report-at.ts'
import { resolveOrigins } from './resolve-origins.ts'

/** The service name of the domain chat, as keys list it. */
export const chatName = 'domain-chat'

const neededRows = ['POST /v1/chat/completions', 'GET /v1/models']

/** Returns whether a chat can use services of this kind. */
function servesChat({ rows }: Kind): boolean {
  const has = (rows ?? []).map(({ method, pattern }) => `${method} ${pattern}`)
  return neededRows.every((row) => has.includes(row))
}

/** Returns the problems of `chat`. */
export function chatProblems({ chat, services }: GatewayFile, reportAt: ReportAt): Problem[] {
  const problems: Problem[] = []
  if (services[chatName] !== undefined) {
    const what = `the name ${chatName} is reserved for the gatekeeper's own chat`
    problems.push(reportAt(['services', chatName], what, 'Choose another name.'))
  }
  if (chat === undefined) return problems
  const behind = services[chat.service]
  if (behind !== undefined && servesChat(behind.kind)) return problems
  const kind = behind === undefined ? 'not a service of this file' : `of kind ${behind.kind.name}`
  const what = `chat.service names ${chat.service}, which is ${kind}`
  const remedy = `Name a service whose kind has ${neededRows.join(' and ')}, such as litellm or ollama.`
  return [...problems, reportAt(['chat', 'service'], what, remedy)]
}

/**
 * Returns the domain chat as a service; without routes if the service behind it has no upstream.
 */
export function resolveChat(
  file: GatewayFile,
  { services, settings }: { services: readonly Service[]; settings: Settings },
): Service[] {
  const { chat } = file
  const behind = services.find(({ name }) => name === chat?.service)
  if (chat === undefined || behind === undefined) return []
  const route = { strip: false, mode: 'relay', browser: 'none' } as const
  return [
    {
      ...behind,
      name: chatName,
      kind: chatOver(behind.kind),
      aliases: [],
      anonymous: false,
      origins: resolveOrigins(file, settings).usual,
      routes: behind.upstream === null ? [] : chatPrefixes.map((prefix) => ({ prefix, ...route })),
      // Its slots are counted at the service behind it.
      queue: null,
      chat: {
        behind: behind.name,
        otherPrefixes: Object.values(file.services).flatMap(({ routes }) =>
          routes.filter(({ host }) => host === undefined).map(({ prefix }) => prefix),
        ),
        model: chat.model,
        visitor: toVisitor(chat.anonymous, settings.bind),
      },
    },
  ]
}

type Anonymous = NonNullable<GatewayFile['chat']>['anonymous']

/**
 * If other machines can connect, the operator must say whether callers without a key may use its
 * models.
 */
function toVisitor(
  { enabled, limits, perAddress, models }: Anonymous,
  bind: string,
): Visitor | null {
  if (!(enabled ?? isLoopback(bind))) return null
  return { principal: { ...anonymous, limits, models }, perAddress }
}
