import type { Tone } from '../../parts/tag.tsx'

export type Health = 'up' | 'down' | 'unknown' | 'no-address' | 'key-set' | 'key-missing'

export type ServiceView = {
  readonly name: string
  readonly kind: string
  readonly aliases: readonly string[]
  readonly anonymous: boolean
  readonly isProvider: boolean
  readonly origins: readonly string[]
  readonly behind: string | null
  readonly address: string | null
  readonly routes: readonly RouteView[]
  readonly limits: readonly string[]
  readonly slots: number | null
  readonly health: Health
  readonly checkedAt: string | null
}

export type RouteView = {
  readonly host: string | null
  readonly prefix: string
  readonly mode: 'check' | 'relay'
}

export type State = 'bad' | 'warn' | 'info' | 'ok'

export type Finding = {
  readonly name: string
  readonly state: State
  readonly source: string | null
  readonly line: number | null
  readonly what: string
  readonly remedy: string | null
  readonly control: {
    readonly name: string
    readonly requirements: Readonly<Record<string, readonly string[]>>
  } | null
}

export type Doctor = {
  readonly at: string
  readonly counts: Readonly<Record<State, number>>
  readonly items: readonly Finding[]
  readonly onlyByCommand: readonly string[]
  readonly command: string
}

type Word = { readonly tone: Tone; readonly text: string }

const healthWords: Readonly<Record<Health, Word>> = {
  up: { tone: 'good', text: 'answers' },
  down: { tone: 'bad', text: 'does not answer' },
  unknown: { tone: 'plain', text: 'not known' },
  'no-address': { tone: 'plain', text: 'no address' },
  'key-set': { tone: 'good', text: 'key is set' },
  'key-missing': { tone: 'warn', text: 'no key' },
}

const stateWords: Readonly<Record<State, Word>> = {
  bad: { tone: 'bad', text: 'wrong' },
  warn: { tone: 'warn', text: 'needs care' },
  info: { tone: 'plain', text: 'to know' },
  ok: { tone: 'good', text: 'well' },
}

export const healthWord = (health: Health): Word => healthWords[health]
export const stateWord = (state: State): Word => stateWords[state]

/** `webui.localhost/`, or `/tts`. */
export function routeText({ host, prefix }: RouteView): string {
  return `${host ?? ''}${prefix}`
}

export type Shown = 'all' | 'bad' | 'warn'

/** The findings that a person asked for; what is well comes last. */
export function shownOf(items: readonly Finding[], shown: Shown): readonly Finding[] {
  return shown === 'all' ? items : items.filter(({ state }) => state === shown)
}

/** `key-expiry: SOC 2 CC6.1; GDPR Art. 32` */
export function controlText({ name, requirements }: NonNullable<Finding['control']>): string {
  const parts = Object.entries(requirements).map(([title, list]) => `${title} ${list.join(', ')}`)
  return `${name}: ${parts.join('; ')}`
}
