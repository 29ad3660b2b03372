import { isAddressRange } from '../../gatekeeper/src/lib/net/cidr.ts'
import {
  createRecordFilter,
  type RecordFilter,
} from '../../gatekeeper/src/operations/audit/record-filter.ts'
import { describeAddress } from '../frame/describe-values.ts'
import { stringOf, UsageError, type Words } from '../frame/words.ts'
import { refuseCredential } from '../keys/find-key.ts'

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
  '--user U        requests of a user, changes of its keys, and acts of an OS user of that name',
  '--address A     an address or a range: 192.0.2.7, 10.0.0.0/8',
  '--reason R      why it was refused or failed: see docs/errors.md',
  '--service S     the name of a service',
  '--outcome O     allow, deny (refused) or fail (allowed, and failed at the upstream)',
  '--event E       request, denials, key.added, gatekeeper.started …; key means all of key.*',
]

/** Reads the options into one test of records. Throws a UsageError. */
export function readFilter(words: Words): RecordFilter {
  const names = Object.keys(filterOptions) as (keyof typeof filterOptions)[]
  const question = Object.fromEntries(names.map((name) => [name, stringOf(words, name)]))
  const { key, address, outcome } = question
  if (key !== undefined) refuseCredential(key, [])
  if (address !== undefined && !isAddressRange(address)) {
    throw new UsageError(`--address: ${describeAddress(address)}`)
  }
  if (outcome !== undefined && !['allow', 'deny', 'fail'].includes(outcome)) {
    throw new UsageError('--outcome must be allow, deny or fail')
  }
  return createRecordFilter(question)
}
