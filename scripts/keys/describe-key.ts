import type { KeyRecord } from '../../gatekeeper/src/api-keys/key-record.ts'
import { formatInstant } from '../../gatekeeper/src/lib/instant.ts'
import type { StoredSecret } from '../../gatekeeper/src/model/stored-secret.ts'

/** `rotating`: two secrets work. */
export type KeyState = 'active' | 'rotating' | 'disabled' | 'expired'

export function stateOf(key: KeyRecord, now: number): KeyState {
  const living = key.secrets.filter((secret) => !isOver(secret.expiresAt, now))
  if (key.disabled) return 'disabled'
  if (isOver(key.expiresAt, now) || living.length === 0) return 'expired'
  return living.length > 1 ? 'rotating' : 'active'
}

export function isOver(expiresAt: number | null, now: number): boolean {
  return expiresAt !== null && now >= expiresAt
}

export function showInstant(at: number | null): string {
  return at === null ? 'never' : formatInstant(at).replace(/\.000Z$/, 'Z')
}

/** The services of a key, those that do not exist marked as such. */
export function servicesOf({ services, unknownServices }: KeyRecord): string[] {
  return [...services, ...unknownServices.map((name) => `${name} (unknown)`)]
}

/** A key for programs. The hash stays in the file: nobody needs it to manage keys. */
export function toJson(key: KeyRecord, now: number) {
  const instant = (at: number | null) => (at === null ? null : formatInstant(at))
  const secret = ({ createdAt, expiresAt }: StoredSecret) => ({
    createdAt: instant(createdAt),
    expiresAt: instant(expiresAt),
  })
  const { id, user, role, services, disabled, addresses, origins, models } = key
  const { cloudModels, caps, weight, unknownServices, description, tags } = key
  const limits = key.limits.map(({ text }) => text)
  const restrictions = { addresses, origins, models, limits, cloudModels, caps, weight }
  const times = { createdAt: instant(key.createdAt), expiresAt: instant(key.expiresAt) }
  const secrets = key.secrets.map(secret)
  const state = stateOf(key, now)
  const words = { unknownServices, description, tags }
  return {
    ...{ id, user, role, services, ...words, state },
    ...times,
    disabled,
    secrets,
    ...restrictions,
  }
}

const cloudText: Readonly<Record<string, string>> = {
  true: 'yes',
  false: 'no',
  null: 'as its role says',
}

function capsOf({ caps }: KeyRecord): string[] {
  return Object.entries(caps).flatMap(([name, cap]) => (cap === null ? [] : [`${name} ${cap}`]))
}

/** A key for people, as rows of name and value. */
export function toRows(key: KeyRecord, now: number): [string, string][] {
  const list = (entries: readonly string[], none: string) => entries.join(', ') || none
  return [
    ['id', key.id],
    ['user', key.user],
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
