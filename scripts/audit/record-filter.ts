import type { AuditRecord } from '../../gatekeeper/src/audit/chain.ts'
import { createAddressTest, isAddressRange } from '../../gatekeeper/src/lib/net/cidr.ts'
import { refuseCredential } from '../keys/find-key.ts'
import { describeAddress } from '../words/describe-values.ts'
import { stringOf, UsageError, type Words } from '../words/words.ts'

export const filterOptions = {
  key: { type: 'string' },
  user: { type: 'string' },
  address: { type: 'string' },
  reason: { type: 'string' },
  service: { type: 'string' },
  outcome: { type: 'string' },
  event: { type: 'string' },
} as const

export const filterHelp = [
  '--key ID        requests of a key, client:ID or token, and changes of it',
  '--user U        requests of a user, changes of its keys, and what an OS user of that name did',
  '--address A     an address or a range: 192.0.2.7, 10.0.0.0/8',
  '--reason R      why it was refused or failed: docs/errors.md lists them',
  '--service S     the name of a service',
  '--outcome O     allow (allowed), deny (refused) or fail (allowed, and failed behind the gate)',
  '--event E       request, denials, key.added, gatekeeper.started …; key stands for all of key.*',
]

export type RecordFilter = (record: AuditRecord) => boolean

/** Reads the options into one test. Throws a UsageError that says everything that is wrong. */
export function readFilter(words: Words): RecordFilter {
  const wanted = (name: keyof typeof filterOptions) => stringOf(words, name)
  const tests: RecordFilter[] = []
  const add = (text: string | undefined, create: (text: string) => RecordFilter) => {
    if (text !== undefined) tests.push(create(text))
  }
  const is = (name: string) => (text: string) => (record: AuditRecord) => record[name] === text
  add(wanted('key'), (text) => {
    refuseCredential(text, [])
    return isAboutKey(text)
  })
  add(wanted('user'), isAboutUser)
  add(wanted('address'), isFrom)
  add(wanted('reason'), is('reason'))
  add(wanted('service'), is('service'))
  add(wanted('outcome'), (text) => {
    if (!['allow', 'deny', 'fail'].includes(text))
      throw new UsageError('--outcome must be allow, deny or fail')
    return is('outcome')(text)
  })
  add(
    wanted('event'),
    (text) =>
      ({ event }) =>
        event === text || String(event).startsWith(`${text}.`),
  )
  return (record) => tests.every((test) => test(record))
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
  if (!isAddressRange(text)) {
    throw new UsageError(`--address: ${describeAddress(text)}`)
  }
  const test = createAddressTest([text])
  return ({ clientAddress, addressGroup }) => {
    const address = clientAddress ?? addressGroup
    // A group of IPv6 addresses is written as its network.
    return typeof address === 'string' && test(address.replace(/\/64$/, ''))
  }
}
