import { itemsOf, type JsonBody, membersOf, readMember } from '../lib/json/json-edit.ts'
import { foldName } from '../lib/json/json-names.ts'
import type { Endpoint } from '../model/endpoint.ts'

type Kept = { readonly service: string; readonly principal: string; readonly id: string }

export type StoreDeps = {
  /** Whether an answer that a service keeps is one to the principal's own request. */
  readonly isOwnResponse?: (answer: Kept) => boolean
  /** Whether an item of an answer that a service keeps was given to the principal. */
  readonly isOwnItem?: (item: Kept) => boolean
}

/** Which ids the caller was given itself. */
export type OwnIds = {
  readonly response: (id: string) => boolean
  readonly item: (id: string) => boolean
}

const noOwnIds: OwnIds = { response: () => false, item: () => false }

/** What the Responses API calls an earlier answer by; LiteLLM takes it on its other endpoints too. */
const storeNames: ReadonlySet<string> = new Set(['previous_response_id', 'conversation'])

/**
 * Whether a body goes on from what the upstream keeps under an id, other than from an answer to the
 * caller itself or from items of one, or has its own answer kept (`background`) until it is fetched by one: all keys of
 * ours are one customer there, and an id of one key's would open its conversation to every other.
 */
export function usesStore(
  body: JsonBody,
  { usage }: Pick<Endpoint, 'usage'>,
  own: OwnIds = noOwnIds,
): boolean {
  const isNamed = body.members.some(({ name }) => {
    if (!storeNames.has(foldName(name))) return false
    const value = readMember(body, [name])
    // In its own spelling only: what another reader makes of others is not ours to know.
    const isAnswer = name === 'previous_response_id' && typeof value === 'string'
    return isGiven(value) && !(isAnswer && own.response(value))
  })
  if (isNamed || usage?.ids === undefined) return isNamed
  return isGiven(readMember(body, ['background'])) || hasForeignReference(body, own.item)
}

const isGiven = (value: unknown) => value !== undefined && value !== null && value !== false

/**
 * Whether an item is only the id of another, which the caller was not given:
 * `{"type":"item_reference","id":…}`, or no type at all.
 */
function hasForeignReference(body: JsonBody, isOwn: OwnIds['item']): boolean {
  // Names are in their plain form: without one of these there is no need to look at every item.
  if (!idNames.some((name) => body.bytes.includes(name))) return false
  return itemsOf(body, 'input').some((start) => {
    const item = { bytes: body.bytes, members: membersOf(body.bytes, start) }
    if (!isReference(item)) return false
    const id = readMember(item, ['id'])
    return typeof id !== 'string' || !isOwn(id)
  })
}

/** A reader that folds names takes each of them. */
const idNames = ['"id":', '"Id":', '"iD":', '"ID":']

function isReference(item: JsonBody): boolean {
  const typeName = item.members.find(({ name }) => foldName(name) === 'type')?.name ?? 'type'
  const type = readMember(item, [typeName])
  if (type !== undefined && type !== null) return type === 'item_reference'
  // Without a type it is a message, which has a role, or a reference.
  const hasId = item.members.some(({ name }) => foldName(name) === 'id')
  return hasId && readMember(item, ['id']) !== null && !isGiven(readMember(item, ['role']))
}
