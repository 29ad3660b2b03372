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
  return withoutOverlaps<Found<PiiType>>([
    ...findApiKeys(text),
    ...findEmails(text),
    ...findIbans(text),
    ...findCreditCards(text),
    ...findSsns(text),
    ...findIpAddresses(text),
    ...findPhones(text),
  ])
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
