import type { Role } from '../../session.ts'

export type Access = {
  readonly role: string
  readonly services: readonly string[]
  readonly models: readonly string[]
  readonly limits: readonly string[]
}

export type Person = {
  readonly id: string
  readonly name: string
  readonly title: string | null
  readonly team: string | null
  readonly role: Role
  readonly disabled: boolean
  readonly serviceEmail: string | null
  readonly access: Access | null
  readonly logins: readonly { readonly provider: string; readonly subject: string }[]
  readonly passkeys: number
  readonly lastSignInAt: string | null
  readonly createdAt: string | null
  readonly keys: number
}

/** What a link is made of, shown once. */
export type MadeLink = {
  readonly id: string
  readonly link: string
  readonly code: string
  readonly expiresAt: string
}

export const roleOptions: readonly { readonly value: Role; readonly title: string }[] = [
  { value: 'member', title: 'Member: own keys and own usage' },
  { value: 'auditor', title: 'Auditor: sees everything, changes nothing' },
  { value: 'admin', title: 'Admin: keys, people and settings' },
  { value: 'owner', title: 'Owner: everything, owners too' },
]

/** What a person types about access: words between commas and lines. */
export type AccessForm = {
  readonly role: string
  readonly services: string
  readonly models: string
  readonly limits: string
}

/** Returns the form of an access; an empty one gives no service. */
export function toForm(access: Access | null): AccessForm {
  return {
    role: access?.role ?? 'readwrite',
    services: access?.services.join(', ') ?? '',
    models: access?.models.join(', ') ?? '',
    limits: access?.limits.join(', ') ?? '',
  }
}

/** Returns the access of a form; without a service there is none. */
export function toAccess({ role, ...texts }: AccessForm): Access | null {
  const [services, models, limits] = [texts.services, texts.models, texts.limits].map(words)
  if (services === undefined || services.length === 0) return null
  return { role, services, models: models ?? [], limits: limits ?? [] }
}

function words(text: string): string[] {
  return text
    .split(/[,\n]/)
    .map((word) => word.trim())
    .filter((word) => word !== '')
}
