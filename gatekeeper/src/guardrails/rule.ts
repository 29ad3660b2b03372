import type { Found } from './finding.ts'

export const actions = ['block', 'redact', 'warn', 'off'] as const
export type Action = (typeof actions)[number]

/** Rules that every installation has. */
export const builtInRules = ['pii', 'secrets', 'jailbreak'] as const
export type BuiltInRule = (typeof builtInRules)[number]

/** What a profile does that says no more. */
export const usualActions: Readonly<Record<BuiltInRule, Action>> = {
  pii: 'redact',
  secrets: 'block',
  jailbreak: 'warn',
}

/** A rule that is ready to run. */
export type Rule = {
  /** The id of the rule, as in a finding. */
  readonly id: string
  readonly action: Exclude<Action, 'off'>
  readonly find: (text: string) => readonly Found[]
}

/** What stands in a redacted text instead of a finding; null if such a finding cannot be redacted. */
export function replacementOf({ type }: Found): string | null {
  return replacements[type] ?? null
}

const secret = '[SECRET]'
const replacements: Readonly<Record<string, string>> = {
  email: '[EMAIL]',
  phone: '[PHONE]',
  ssn: '[SSN]',
  credit_card: '[CREDIT_CARD]',
  ip_address: '[IP_ADDRESS]',
  iban: '[IBAN]',
  api_key: '[API_KEY]',
  openai: secret,
  anthropic: secret,
  google: secret,
  aws: secret,
  github: secret,
  slack: secret,
  stripe: secret,
  private_key: secret,
  jwt: secret,
  database_url: secret,
  generic: secret,
  blocked_terms: '[REMOVED]',
  regex: '[REMOVED]',
}
