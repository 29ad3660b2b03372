/** The settings of the chat widget. */
import { parseLimit } from '../model/limit.ts'
import { type Report, readOrigins } from './read-values.ts'
import { isPageOrigin, parseWindow } from './widget-values.ts'

/** What the environment says of the widget; null leaves it to `gatekeeper.yaml`. */
export type WidgetSettings = {
  /** Null: on where `gatekeeper.yaml` has a `widget`, or pages are named. */
  readonly isOn: boolean | null
  readonly origins: readonly string[] | null
  readonly model: string | null
  readonly prompt: string | null
  readonly requestsPerWindow: Amount | null
  readonly windowMs: number | null
  readonly usdPerMonth: Amount | null
  /** The secret that other programs may sign tokens with too. */
  readonly secret: string | null
  /** An earlier one, which only verifies. */
  readonly previousSecret: string | null
}

/** A bound, or none. */
export type Amount = number | 'off'

/** Reads one setting as a text; null if it is not set. */
type ReadText = (name: string) => string | null

export function readWidget(text: ReadText, report: Report): WidgetSettings {
  const origins = readOrigins('ALLOWED_ORIGIN', text('ALLOWED_ORIGIN'), report)
  for (const origin of origins?.filter((one) => !isPageOrigin(one)) ?? []) {
    if (!origin.startsWith('http://')) continue
    const what = `has ${JSON.stringify(origin)}: a page over http can be changed on its way`
    report('ALLOWED_ORIGIN', what, 'Use https; http only for localhost.')
  }
  const amount = (name: string) => readAmount(name, text(name), report)
  return {
    isOn: readState(text('GATEKEEPER_WIDGET'), report),
    origins,
    model: text('WIDGET_MODEL'),
    prompt: text('SYSTEM_PROMPT'),
    requestsPerWindow: amount('RATE_LIMIT_MAX'),
    windowMs: readWindow(text('RATE_LIMIT_WINDOW'), report),
    usdPerMonth: amount('WIDGET_MONTHLY_CAP_USD'),
    secret: readSecret('JWT_SECRET', text('JWT_SECRET'), report),
    previousSecret: readSecret('JWT_SECRET_PREVIOUS', text('JWT_SECRET_PREVIOUS'), report),
  }
}

function readState(text: string | null, report: Report): boolean | null {
  if (text === null) return null
  if (text !== 'on' && text !== 'off') {
    report('GATEKEEPER_WIDGET', `is ${JSON.stringify(text)}`, 'Use on or off, or leave it unset.')
  }
  return text !== 'off'
}

/** Reads `off` or a number; as dollars it may have decimals. */
function readAmount(name: string, text: string | null, report: Report): Amount | null {
  if (text === null || text === 'off') return text
  const isMoney = name.endsWith('_USD')
  const isAmount = parseLimit(isMoney ? `${text}usd/month` : `${text}/min`) !== null
  if (isAmount && /^[\d.]+$/.test(text)) return Number(text)
  const example = isMoney ? '20' : '60'
  report(name, `is ${JSON.stringify(text)}`, `Use a number above zero such as ${example}, or off.`)
  return null
}

function readWindow(text: string | null, report: Report): number | null {
  const ms = text === null ? null : parseWindow(text)
  if (text !== null && ms === null) {
    const remedy = 'Use a time such as 1 minute, or milliseconds such as 60000.'
    report('RATE_LIMIT_WINDOW', `is ${JSON.stringify(text)}`, remedy)
  }
  return ms
}

const secretCharsMin = 32

/** The beginnings of values that examples have. */
const samples = /^(?:your[-_ ]?(?:super[-_ ]?)?secret|change[-_ ]?(?:me|this)|secret)/i

function readSecret(name: string, secret: string | null, report: Report): string | null {
  if (secret === null) return null
  const isSample = samples.test(secret)
  if (!isSample && secret.length >= secretCharsMin) return secret
  const what = isSample
    ? 'is the value of an example, which everybody knows'
    : `is shorter than ${secretCharsMin} characters and could be guessed`
  report(name, what, 'Generate one: openssl rand -hex 32.')
  return null
}
