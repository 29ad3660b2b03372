import { type App, idChars, quotaMax } from '../../gatekeeper/src/model/app.ts'
import { isWebOrigin } from '../../gatekeeper/src/model/origin.ts'
import type { ServiceNames } from '../../gatekeeper/src/operations/installation.ts'
import { describeOrigin } from '../frame/describe-values.ts'
import { hasFlag, listOf, showWord, stringOf, type Words } from '../frame/words.ts'

/** The options of `client add` that make the client an app. */
export const appOptions = {
  app: { type: 'boolean' },
  public: { type: 'boolean' },
  daily: { type: 'string' },
  monthly: { type: 'string' },
  total: { type: 'string' },
  origin: { type: 'string', multiple: true },
  provider: { type: 'string', multiple: true },
} as const

export const appHelp = [
  '--app            an app, whose backend gets tokens for its users: docs/guides/bridge.md',
  '--public         of --app: it cannot hold a secret; anybody gets a token, so it needs --total',
  '--daily N        of --app: requests a day that each user may make, or none; 100 if not given',
  '--monthly N      of --app: the same for a month; 3000 if not given',
  '--total N        of --app: requests a day of all its users together',
  '--origin O       of --app: web origins that it may be used from: https://app.example',
  '--provider P     of --app: providers that it may use; all if not given. --model narrows them',
]

/** Reads what `--app` and its options say; null without `--app`. Adds what is wrong to `faults`. */
export function readApp(
  words: Words,
  { serviceNameOf }: ServiceNames,
  faults: string[],
): App | null {
  if (!hasFlag(words, 'app')) {
    const others = Object.keys(appOptions).filter((name) => words.values[name] !== undefined)
    if (others.length > 0) faults.push(`--${others[0]} is for apps: add --app`)
    return null
  }
  if ((words.positionals[0] ?? '').length < idChars.min) {
    faults.push(`the ID of an app has ${idChars.min} characters or more`)
  }
  const origins = listOf(words, 'origin')
  faults.push(...origins.filter((one) => !isWebOrigin(one)).map(describeOrigin))
  const providers = listOf(words, 'provider')
  const unknown = providers.filter((one) => serviceNameOf(one) === null)
  faults.push(...unknown.map((one) => `--provider ${showWord(one)} does not exist`))
  return {
    ...{ public: hasFlag(words, 'public'), tokenDays: 7, ...readQuotas(words, faults) },
    ...{ origins, allowNoOrigin: true, providers, models: listOf(words, 'model') },
  }
}

function readQuotas(words: Words, faults: string[]) {
  const dailyQuota = readQuota(words, { name: 'daily', usual: 100, faults })
  const monthlyQuota = readQuota(words, { name: 'monthly', usual: 3000, faults })
  const totalPerDay = readQuota(words, { name: 'total', usual: null, faults })
  if (hasFlag(words, 'public') && totalPerDay === null) {
    faults.push('a public app needs --total: the requests of all its callers in a day')
  }
  return { dailyQuota, monthlyQuota, totalPerDay }
}

/** Describes an app in one line of a table. */
export function describeApp({ public: isPublic, dailyQuota, monthlyQuota, totalPerDay }: App) {
  const each = `${dailyQuota ?? 'no limit'}/day, ${monthlyQuota ?? 'no limit'}/month a user`
  const all = totalPerDay === null ? '' : `; ${totalPerDay}/day in all`
  return `${isPublic ? 'public, ' : ''}${each}${all}`
}

type QuotaOption = {
  readonly name: string
  readonly usual: number | null
  readonly faults: string[]
}

/** Returns the quota that is given, `usual` if none is, null for `none`. */
function readQuota(words: Words, { name, usual, faults }: QuotaOption): number | null {
  const text = stringOf(words, name)
  if (text === undefined) return usual
  if (text === 'none') return null
  const quota = /^\d{1,10}$/.test(text) ? Number(text) : Number.POSITIVE_INFINITY
  if (quota <= quotaMax) return quota
  faults.push(`--${name} must be a whole number of requests, or none`)
  return usual
}
