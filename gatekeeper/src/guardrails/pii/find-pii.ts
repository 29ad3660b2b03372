import { type Found, type PiiType, withoutOverlaps } from '../finding.ts'
import { secretForms } from '../secret-forms/families.ts'
import { findCreditCards } from './credit-card.ts'
import { findEmails } from './email.ts'
import { findIbans } from './iban.ts'
import { findIpAddresses } from './ip-address.ts'
import { findPhones } from './phone.ts'
import { findSsns } from './ssn.ts'

/**
 * Finds personal data by patterns. Where two detectors claim a place, the one with a check digit or
 * the narrower form wins. Names and postal addresses have no pattern and are not found.
 */
export function findPii(text: string): Found<PiiType>[] {
  const sure = withoutOverlaps<Found<PiiType>>([
    ...findApiKeys(text),
    ...findEmails(text),
    ...findIbans(text),
    ...findCreditCards(text),
    ...findSsns(text),
    ...findIpAddresses(text),
  ])
  // A number right beside another one would be taken for a part of it.
  return withoutOverlaps<Found<PiiType>>([...sure, ...findPhones(hide(text, sure))])
}

/** Puts a sign that is in no number into places of a text; its length stays. */
function hide(text: string, places: readonly Found[]): string {
  const parts: string[] = []
  let from = 0
  for (const { start, end } of places) {
    parts.push(text.slice(from, start), '|'.repeat(end - start))
    from = end
  }
  return parts.join('') + text.slice(from)
}

const keyTypes = new Set(['openai', 'anthropic', 'google', 'aws', 'github', 'slack', 'stripe'])

/** Keys of programs, which lead to their owner as a name does. */
function findApiKeys(text: string): Found<'api_key'>[] {
  const forms = secretForms.filter(({ type, hint }) => keyTypes.has(type) || hint === 'gk_')
  return forms.flatMap(({ hint, form }) =>
    text.includes(hint)
      ? [...text.matchAll(form)].map(({ 0: match, index }) => ({
          ...{ type: 'api_key' as const, start: index, end: index + match.length, confidence: 1 },
        }))
      : [],
  )
}
