import { itemsOf, type JsonBody, membersOf, readMember } from '../lib/json-edit.ts'
import { foldName } from '../lib/json-names.ts'
import type { Endpoint } from '../policy/endpoint.ts'

export type StoreDeps = {
  /** Whether an answer that a service keeps is one to the principal's own request. */
  readonly isOwnResponse?: (answer: {
    readonly service: string
    readonly principal: string
    readonly id: string
  }) => boolean
}

/** What the Responses API calls an earlier answer by; LiteLLM takes it on its other endpoints too. */
const storeNames: ReadonlySet<string> = new Set(['previous_response_id', 'conversation'])

/**
 * Whether a body goes on from what the upstream keeps under an id, other than from an answer to the
 * caller itself, or has its own answer kept (`background`) until it is fetched by one: all keys of
 * ours are one customer there, and an id of one key's would open its conversation to every other.
 */
export function usesStore(
  body: JsonBody,
  { usage }: Pick<Endpoint, 'usage'>,
  isOwn: (id: string) => boolean = () => false,
): boolean {
  const isNamed = body.members.some(({ name }) => {
    if (!storeNames.has(foldName(name))) return false
    const value = readMember(body, [name])
    // In its own spelling only: what another reader makes of others is not ours to know.
    const isOwnAnswer = name === 'previous_response_id' && typeof value === 'string' && isOwn(value)
    return isGiven(value) && !isOwnAnswer
  })
  if (isNamed || usage !== 'responses') return isNamed
  return isGiven(readMember(body, ['background'])) || hasReference(body)
}

const isGiven = (value: unknown) => value !== undefined && value !== null && value !== false

/** An item that is only the id of another: `{"type":"item_reference","id":…}`, or no type at all. */
function hasReference(body: JsonBody): boolean {
  // Names are in their plain form: without this one there is no need to look at every item.
  if (!body.bytes.includes('"id":')) return false
  return itemsOf(body, 'input').some((start) => {
    const item = { bytes: body.bytes, members: membersOf(body.bytes, start) }
    const type = readMember(item, ['type'])
    if (type !== undefined && type !== null) return type === 'item_reference'
    // Without a type it is a message, which has a role, or a reference.
    return isGiven(readMember(item, ['id'])) && !isGiven(readMember(item, ['role']))
  })
}
