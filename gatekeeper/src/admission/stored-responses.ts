import { itemsOf, type JsonBody, membersOf, readMember } from '../lib/json/json-edit.ts'
import { foldName } from '../lib/json/json-names.ts'
import type { Endpoint } from '../model/endpoint.ts'

type Kept = { readonly service: string; readonly principal: string; readonly id: string }

export type StoreDeps = {
  /** Whether an answer that a service stores belongs to a request of the principal. */
  readonly isOwnResponse?: (answer: Kept) => boolean
  /** Whether the principal received an item of an answer that a service stores. */
  readonly isOwnItem?: (item: Kept) => boolean
}

/** Tells which ids the caller itself received. */
export type OwnIds = {
  readonly response: (id: string) => boolean
  readonly item: (id: string) => boolean
}

const noOwnIds: OwnIds = { response: () => false, item: () => false }

/** Members that name an earlier answer in the Responses API; LiteLLM accepts them elsewhere too. */
const storeNames: ReadonlySet<string> = new Set(['previous_response_id', 'conversation'])

/**
 * Whether a body continues from something that the upstream stores under an id, unless the caller
 * itself received that answer or item, or has its answer stored for later (`background`). All our
 * keys are one customer there, so the id of one key would open its conversation to all others.
 */
export function usesStore(
  body: JsonBody,
  { usage }: Pick<Endpoint, 'usage'>,
  own: OwnIds = noOwnIds,
): boolean {
  const isNamed = body.members.some(({ name }) => {
    if (!storeNames.has(foldName(name))) return false
    const value = readMember(body, [name])
    // Exact spelling only: we cannot know what another reader makes of other spellings.
    const isAnswer = name === 'previous_response_id' && typeof value === 'string'
    return isGiven(value) && !(isAnswer && own.response(value))
  })
  if (isNamed || usage?.ids === undefined) return isNamed
  return isGiven(readMember(body, ['background'])) || hasForeignReference(body, own.item)
}

const isGiven = (value: unknown) => value !== undefined && value !== null && value !== false

/**
 * Whether an item is only the id of another item that the caller did not receive:
 * `{"type":"item_reference","id":…}`, or the same without a type.
 */
function hasForeignReference(body: JsonBody, isOwn: OwnIds['item']): boolean {
  // Names are in plain form, so without one of these there is no need to parse every item.
  if (!idNames.some((name) => body.bytes.includes(name))) return false
  return itemsOf(body, 'input').some((start) => {
    const item = { bytes: body.bytes, members: membersOf(body.bytes, start) }
    if (!isReference(item)) return false
    const id = readMember(item, ['id'])
    return typeof id !== 'string' || !isOwn(id)
  })
}

/** A reader that folds names accepts each of these. */
const idNames = ['"id":', '"Id":', '"iD":', '"ID":']

function isReference(item: JsonBody): boolean {
  const typeName = item.members.find(({ name }) => foldName(name) === 'type')?.name ?? 'type'
  const type = readMember(item, [typeName])
  if (type !== undefined && type !== null) return type === 'item_reference'
  // Without a type it is a message, which has a role, or a reference.
  const hasId = item.members.some(({ name }) => foldName(name) === 'id')
  return hasId && readMember(item, ['id']) !== null && !isGiven(readMember(item, ['role']))
}
