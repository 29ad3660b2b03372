/** Which operations the services' site has: those of rows, and the documents that need no admission. */
import { adapterRows, bridgePrefix } from '../../kinds/bridge/bridge.ts'
import { chat } from '../../kinds/chat/chat.ts'
import { ownServicesBeside } from '../../kinds/own/own-services.ts'
import { isUnder } from '../../lib/net/path.ts'
import type { Dialect, Endpoint } from '../../model/endpoint.ts'
import type { Service } from '../../model/service.ts'
import { analyticsOperations, controlOperations, documentOperations } from './administration.ts'
import {
  adapterOperations,
  authOperations,
  chatOperations,
  oauthOperations,
  resourceOperations,
  splitKeyOperations,
  statusOperations,
  wellKnownOperations,
} from './callers.ts'
import type { Operation, Operations } from './operation.ts'

/** What the document says of a service: whether it is a provider, and the chat with its visitors. */
export type DescribedService = Pick<Service, 'kind'> & {
  readonly chat?: { readonly hasVisitors: boolean }
}

/** What is configured. */
export type SiteParts = {
  readonly services: readonly DescribedService[]
  /** Whether tokens of other issuers are accepted. */
  readonly hasIssuers: boolean
  /** Whether a path belongs to a room of ours for which nothing is configured. */
  readonly isAbsent: (path: string) => boolean
}

/** An operation at its path, `/admin/users/{id}`. */
export type Placed = {
  readonly method: string
  readonly path: string
  readonly dialect: Dialect
  readonly operation: Operation
}

const ownOperations: Operations = {
  ...statusOperations,
  ...oauthOperations,
  ...authOperations,
  ...splitKeyOperations,
  ...controlOperations,
  ...analyticsOperations,
  ...documentOperations,
}

/** Returns all operations. Throws if a row has no description. */
export function siteOperations({ services, hasIssuers, isAbsent }: SiteParts): readonly Placed[] {
  const own = ownServicesBeside(services).flatMap(({ kind, routes }) =>
    (kind.rows ?? []).filter(({ pattern }) =>
      routes.some(({ prefix }) => isUnder(pattern, prefix) && !isAbsent(prefix)),
    ),
  )
  const hasProvider = services.some(({ kind }) => kind.provider !== undefined)
  return [
    ...placeOpen(
      hasIssuers ? { ...wellKnownOperations, ...resourceOperations } : wellKnownOperations,
    ),
    ...placeRows(own, ownOperations, ''),
    ...(hasProvider ? placeRows(adapterRows, adapterOperations, bridgePrefix('{provider}')) : []),
    ...placeChat(services),
  ]
}

function placeChat(services: SiteParts['services']): readonly Placed[] {
  const service = services.find((one) => one.chat !== undefined)
  if (service === undefined) return []
  const placed = placeRows(chat.rows ?? [], chatOperations, '')
  if (service.chat?.hasVisitors === true) return placed
  return placed.map((one) => ({ ...one, operation: withCredential(one.operation) }))
}

/** Where there are no visitors, everybody needs a credential. */
function withCredential(operation: Operation): Operation {
  const credentials = operation.credentials.filter((scheme) => scheme !== 'none')
  return { ...operation, credentials }
}

function placeRows(
  rows: readonly Endpoint[],
  operations: Operations,
  prefix: string,
): readonly Placed[] {
  return rows.map(({ method, pattern, dialect }) => {
    const operation = operations[`${method} ${pattern}`]
    if (operation === undefined) throw new Error(`no description of ${method} ${pattern}`)
    const path = `${prefix}${pattern.replace(/\{\+/g, '{')}`.replace(/(?<=.)\/$/, '')
    return { method, path, dialect, operation }
  })
}

function placeOpen(operations: Operations): readonly Placed[] {
  return Object.entries(operations).map(([name, operation]) => {
    const [method = '', path = ''] = name.split(' ')
    return { method, path, dialect: 'openai', operation }
  })
}
