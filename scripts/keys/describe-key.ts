import type { KeyRecord } from '../../gatekeeper/src/api-keys/key-record.ts'
import { formatInstant } from '../../gatekeeper/src/lib/instant.ts'
import { stateOf } from '../../gatekeeper/src/operations/keys/key-view.ts'

export function showInstant(at: number | null): string {
  return at === null ? 'never' : formatInstant(at).replace(/\.000Z$/, 'Z')
}

/** The services of a key, those that do not exist marked as such. */
export function servicesOf({ services, unknownServices }: KeyRecord): string[] {
  return [...services, ...unknownServices.map((name) => `${name} (unknown)`)]
}

const cloudText: Readonly<Record<string, string>> = {
  true: 'yes',
  false: 'no',
  null: 'as its role says',
}

function capsOf({ caps }: KeyRecord): string[] {
  return Object.entries(caps).flatMap(([name, cap]) => (cap === null ? [] : [`${name} ${cap}`]))
}

/** A key for people, as rows of name and value; `maker` is empty for a key that nobody made. */
export function toRows(
  key: KeyRecord,
  { now, maker }: { readonly now: number; readonly maker: string },
): [string, string][] {
  const list = (entries: readonly string[], none: string) => entries.join(', ') || none
  return [
    ['id', key.id],
    ['user', key.user],
    ...(maker === '' ? [] : [['made by', maker] satisfies [string, string]]),
    ...(key.team === null ? [] : [['team', key.team] satisfies [string, string]]),
    ['role', key.role],
    ['services', list(servicesOf(key), 'none')],
    ['description', key.description ?? ''],
    ['tags', list(key.tags, 'none')],
    ['state', stateOf(key, now)],
    ['created', key.createdAt === null ? 'unknown' : showInstant(key.createdAt)],
    ['expires', showInstant(key.expiresAt)],
    ...key.secrets.map((secret, at): [string, string] => [
      `secret ${at + 1}`,
      `made ${secret.createdAt === null ? 'at an unknown time' : showInstant(secret.createdAt)}, expires ${showInstant(secret.expiresAt)}`,
    ]),
    ['addresses', list(key.addresses, 'any')],
    ['origins', list(key.origins, 'any')],
    ['models', list(key.models, 'any')],
    ['cloud models', cloudText[String(key.cloudModels)] ?? ''],
    [
      'limits',
      list(
        key.limits.map(({ text }) => text),
        'none of its own',
      ),
    ],
    ['caps', list(capsOf(key), 'none of its own')],
    ['weight', key.weight === null ? 'that of its role' : String(key.weight)],
  ]
}
