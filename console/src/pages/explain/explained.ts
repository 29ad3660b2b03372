/** The API's explanation, and the steps that the page makes of it. */
import { formatCount, formatMoney } from '../../lib/format.ts'

export type Place = {
  readonly file: string
  readonly line: number | null
  readonly member: string
}

export type Explained = {
  readonly verdict: 'allowed' | 'refused'
  readonly status: number | null
  readonly reason: string | null
  readonly text: string | null
  readonly limit: string | null
  readonly request: { readonly service: string | null; readonly route: string | null }
  readonly caller: { readonly id: string; readonly user: string; readonly role: string } | null
  readonly checks: readonly {
    readonly name: string
    readonly title: string
    readonly needs: 'head' | 'body'
    readonly result: 'pass' | 'deny' | 'skip'
    readonly reason: string | null
    readonly why: string | null
    readonly principal: string | null
    readonly place: Place | null
  }[]
  readonly limits: readonly ExplainedLimit[]
  readonly places: readonly Place[]
  readonly command: string
}

type ExplainedLimit = {
  readonly scope: string
  readonly text: string
  readonly unit: string
  readonly limit: number
  readonly used: number
  readonly remaining: number
  readonly isRefusing: boolean
  readonly place: Place | null
}

export type Step = {
  readonly id: string
  readonly title: string
  readonly result: 'pass' | 'deny' | 'skip'
  readonly why: string | null
  readonly reason: string | null
  readonly place: Place | null
}

/** The steps in the order in which a request takes them: head, limits, body. */
export function stepsOf({ checks, limits }: Explained): readonly Step[] {
  const toStep = (one: Explained['checks'][number], index: number): Step => ({
    id: `${one.name} ${index}`,
    title: one.title,
    result: one.result,
    why: one.result === 'skip' ? 'not reached' : one.why,
    reason: one.reason,
    place: one.place,
  })
  return [
    ...checks.filter(({ needs }) => needs === 'head').map(toStep),
    ...limits.map(limitStep),
    ...checks.filter(({ needs }) => needs === 'body').map(toStep),
  ]
}

const owners: Readonly<Record<string, string>> = {
  global: 'everybody together',
  service: 'the service',
  role: 'the role',
  user: 'the user',
  key: 'the key',
  reads: 'reading',
  app: 'the app',
  address: 'the address',
}

function limitStep(limit: ExplainedLimit, index: number): Step {
  const { scope, text, isRefusing, place } = limit
  return {
    id: `limit ${scope} ${text} ${index}`,
    title: `Limit of ${owners[scope] ?? scope}: ${text}`,
    result: isRefusing ? 'deny' : 'pass',
    why: standingText(limit),
    reason: null,
    place,
  }
}

/** A cap is of one request alone: nothing is used of it. */
function standingText({ unit, limit, used, remaining }: ExplainedLimit): string {
  if (['prompt-bytes', 'output-tokens', 'stream-seconds'].includes(unit)) return 'of each request'
  const figure = (value: number) => (unit === 'micro-usd' ? formatMoney(value) : formatCount(value))
  return `${figure(used)} of ${figure(limit)} used, ${figure(remaining)} left`
}

/** `keys/keys.json:41` */
export function placeText({ file, line, member }: Place): string {
  return line === null ? `${file} ${member}` : `${file}:${line}`
}
