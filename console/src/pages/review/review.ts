/** Whoever may call something or sign in, as the API answers it. */
export type Holder = {
  readonly kind: 'person' | 'key' | 'client'
  readonly id: string
  readonly name: string
  readonly role: string
  readonly services: readonly string[]
  readonly limits: readonly string[]
  readonly createdAt: string | null
  readonly expiresAt: string | null
  readonly lastUsedAt: string | null
  readonly isActive: boolean
  readonly marks: readonly string[]
}

export type Review = {
  readonly lastReview: { readonly at: string; readonly by: string | null } | null
  readonly everyDays: number
  readonly dueAt: string | null
  readonly isDue: boolean
  readonly problem: string | null
  readonly items: readonly Holder[]
  readonly next: string | null
  readonly total: number
  readonly counts: Readonly<Record<string, number>>
}

export type Compliance = {
  readonly examinedAt: string
  readonly frameworks: readonly string[]
  readonly controls: readonly Control[]
}

export type Control = {
  readonly name: string
  readonly title: string
  readonly finds: string
  readonly state: 'ok' | 'info' | 'warn' | 'bad'
  readonly requirements: Readonly<Record<string, readonly string[]>>
  readonly findings: readonly {
    readonly level: string
    readonly what: string
    readonly remedy: string
  }[]
}

type Mark = { readonly words: string; readonly tone: 'plain' | 'warn' }

const marks: Readonly<Record<string, Mark>> = {
  unused: { words: 'unused for 90 days', tone: 'warn' },
  'no-expiry': { words: 'never ends', tone: 'warn' },
  admin: { words: 'admin', tone: 'plain' },
  'no-limit': { words: 'no limit', tone: 'plain' },
  expired: { words: 'expired', tone: 'plain' },
}

/** What a mark says; an unknown one says itself. */
export function sayMark(mark: string): Mark {
  return marks[mark] ?? { words: mark, tone: 'plain' }
}

/** Where a holder is changed. */
export function holderPath({ kind, id }: Holder): string {
  const base = { person: '/people', key: '/keys', client: '/clients' }[kind]
  return kind === 'person' ? base : `${base}/${id}`
}
