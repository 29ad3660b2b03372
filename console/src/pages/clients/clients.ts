/** Clients and apps as the API shows them, and what people type about them. */
import type { Limit } from '../../parts/limit-bar.tsx'
import { splitList } from '../keys/key-form.ts'

export type App = {
  readonly public: boolean
  readonly dailyQuota: number | null
  readonly monthlyQuota: number | null
  readonly totalPerDay: number | null
  readonly origins: readonly string[]
  readonly providers: readonly string[]
  readonly models: readonly string[]
}

export type Client = {
  readonly id: string
  readonly isFixed: boolean
  readonly role: string
  readonly services: readonly string[]
  readonly scopes: readonly string[]
  readonly models: readonly string[]
  readonly limits: readonly Limit[]
  readonly state: 'active' | 'rotating' | 'disabled' | 'expired'
  readonly disabled: boolean
  readonly madeByName: string | null
  readonly team: string | null
  readonly makerProblem: 'gone' | 'disabled' | 'no-access' | null
  readonly expiresAt: string | null
  readonly lastUsedAt: string | null
  readonly rotation: { readonly oldUntil: string | null } | null
  readonly app: App | null
}

/** A client with its secret; a public app has none. */
export type MadeClient = Client & { readonly secret: string | null }

export type AppUser = {
  readonly id: string
  readonly appId: string
  readonly userId: string
  readonly isActive: boolean
  readonly dailyQuota: number | null
  readonly monthlyQuota: number | null
  readonly requestsToday: number
  readonly requestsMonth: number
  readonly costMicroUsd: string
  readonly lastUsedAt: string | null
}

export type ClientForm = {
  readonly id: string
  readonly isApp: boolean
  readonly isPublic: boolean
  readonly services: readonly string[]
  readonly role: string
  readonly limits: string
  readonly scopes: string
  /** Empty is no quota. */
  readonly dailyQuota: string
  readonly monthlyQuota: string
  readonly totalPerDay: string
  readonly origins: string
  readonly providers: string
}

export const emptyClient: ClientForm = {
  ...{ id: '', isApp: false, isPublic: false, services: [], role: 'readwrite', limits: '' },
  ...{ scopes: '', dailyQuota: '100', monthlyQuota: '3000', totalPerDay: '' },
  ...{ origins: '', providers: '' },
}

export function formOfClient({ id, app, services, role, limits, scopes }: Client): ClientForm {
  const text = (quota: number | null | undefined) => (quota == null ? '' : String(quota))
  return {
    ...{ id, isApp: app !== null, isPublic: app?.public === true, services, role },
    ...{ limits: limits.map((limit) => limit.text).join(', '), scopes: scopes.join(', ') },
    ...{ dailyQuota: text(app?.dailyQuota), monthlyQuota: text(app?.monthlyQuota) },
    totalPerDay: text(app?.totalPerDay),
    ...{ origins: (app?.origins ?? []).join(', '), providers: (app?.providers ?? []).join(', ') },
  }
}

/** Returns the body that makes a client, or changes one. */
export function toClientBody(form: ClientForm, isNew: boolean): object {
  const limits = splitList(form.limits)
  if (form.isApp) return { app: toApp(form, isNew), ...(limits.length > 0 && { limits }) }
  const scopes = splitList(form.scopes)
  const { services, role } = form
  return { services, role, limits, ...(scopes.length > 0 && { scopes }) }
}

/** Whether an app is public is decided when it is made. */
function toApp(form: ClientForm, isNew: boolean): object {
  const quotas = {
    dailyQuota: toQuota(form.dailyQuota),
    monthlyQuota: toQuota(form.monthlyQuota),
    totalPerDay: toQuota(form.totalPerDay),
  }
  return {
    ...(isNew && { public: form.isPublic }),
    ...quotas,
    ...{ origins: splitList(form.origins), providers: splitList(form.providers) },
  }
}

/** A text that is no number stays one, and the API says what is wrong. */
export function toQuota(text: string): number | string | null {
  const trimmed = text.trim()
  if (trimmed === '') return null
  return /^\d+$/.test(trimmed) ? Number(trimmed) : trimmed
}

/** One line about an app: `100/day, 3000/month a user`. */
export function describeApp({ dailyQuota, monthlyQuota, totalPerDay }: App): string {
  const each = `${dailyQuota ?? 'no limit'}/day, ${monthlyQuota ?? 'no limit'}/month a user`
  return totalPerDay === null ? each : `${each}; ${totalPerDay}/day in all`
}

export function commandForClient(form: ClientForm): string {
  const id = form.id.trim() === '' ? 'ID' : form.id.trim()
  if (!form.isApp) {
    const services = form.services.map((name) => ` --service ${name}`).join('')
    return `npm run keys -- client add ${id}${services === '' ? ' --service SERVICE' : services}`
  }
  const option = (name: string, value: string) =>
    ` --${name} ${value.trim() === '' ? 'none' : value.trim()}`
  const total = form.totalPerDay.trim() === '' ? '' : option('total', form.totalPerDay)
  const kind = form.isPublic ? ' --app --public' : ' --app'
  const quotas = option('daily', form.dailyQuota) + option('monthly', form.monthlyQuota)
  return `npm run keys -- client add ${id}${kind}${quotas}${total}`
}

/** Lines to paste: how a program gets its token. */
export function linesForClient({ id, secret, app }: MadeClient, baseUrl: string) {
  if (app === null) {
    const text = `curl --fail ${baseUrl}/oauth/token \\
  -u '${id}:${secret}' \\
  -d grant_type=client_credentials`
    return [{ title: 'curl', text }]
  }
  const proof = secret === null ? '' : ` \\\n  -u '${id}:${secret}'`
  const text = `curl --fail ${baseUrl}/auth/token${proof} \\
  -H 'Content-Type: application/json' \\
  -d '{"userId":"ada","appId":"${id}"}'`
  return [{ title: 'curl', text }]
}
