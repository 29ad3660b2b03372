import type { AuditRecord } from '../../audit/chain.ts'
import { createAddressTest } from '../../lib/net/cidr.ts'

/** The criteria for records. Missing members exclude nothing. */
export type RecordQuestion = {
  /** The id of a key, `client:ID`, or the principal of a token. */
  readonly key?: string | undefined
  readonly user?: string | undefined
  /** An address or a range. */
  readonly address?: string | undefined
  readonly reason?: string | undefined
  readonly service?: string | undefined
  readonly outcome?: string | undefined
  /** `key.added`, or `key` for all of `key.*`. */
  readonly event?: string | undefined
}

export type RecordFilter = (record: AuditRecord) => boolean

const tests: Readonly<Record<keyof RecordQuestion, (text: string) => RecordFilter>> = {
  key: isAboutKey,
  user: isAboutUser,
  address: isFrom,
  reason: (text) => (record) => record['reason'] === text,
  service: (text) => (record) => record['service'] === text,
  outcome: (text) => (record) => record['outcome'] === text,
  event:
    (text) =>
    ({ event }) =>
      event === text || String(event).startsWith(`${text}.`),
}

/** Returns a test for records that meet the criteria. */
export function createRecordFilter(question: RecordQuestion): RecordFilter {
  const names = Object.keys(tests) as (keyof RecordQuestion)[]
  const wanted = names.flatMap((name) => {
    const text = question[name]
    return text === undefined ? [] : [tests[name](text)]
  })
  return (record) => wanted.every((test) => test(record))
}

function isAboutKey(text: string): RecordFilter {
  const [kind, ...rest] = text.split(':')
  const id = rest.length > 0 && (kind === 'key' || kind === 'client') ? rest.join(':') : text
  return ({ principal, key, client, clientId }) =>
    principal === text || principal === `key:${id}` || [key, client, clientId].includes(id)
}

function isAboutUser(text: string): RecordFilter {
  return ({ user, owner, formerOwner, by }) =>
    [user, owner, formerOwner].includes(text) ||
    (by as { user?: unknown } | undefined)?.user === text
}

function isFrom(text: string): RecordFilter {
  const test = createAddressTest([text])
  return ({ clientAddress, addressGroup }) => {
    const address = clientAddress ?? addressGroup
    // A group of IPv6 addresses is written as its network.
    return typeof address === 'string' && test(address.replace(/\/64$/, ''))
  }
}
