import { isWordUnit } from '../characters.ts'
import { type Found, type SecretType, withoutOverlaps } from '../finding.ts'
import { findAssignedSecrets } from './assigned.ts'
import { type SecretForm, secretForms } from './families.ts'
import { findPrivateKeys } from './private-key.ts'

/** Finds secrets: by the forms of their issuers first, then by what they are assigned to. */
export function findSecrets(text: string): Found<SecretType>[] {
  const known = secretForms.flatMap((form) => findForm(form, text))
  return withoutOverlaps<Found<SecretType>>([
    ...(text.includes('PRIVATE KEY') ? findPrivateKeys(text) : []),
    ...known,
    ...findAssignedSecrets(text),
  ])
}

function findForm({ type, hint, form }: SecretForm, text: string): Found<SecretType>[] {
  if (!text.includes(hint)) return []
  return [...text.matchAll(form)]
    .filter(({ 0: match, index }) => isWhole(text, index) && !isPlaceholder(match))
    .map(({ 0: match, index }) => {
      const end = index + match.replace(/[.,;:-]+$/, '').length
      return { type, start: index, end, confidence: type === 'generic' ? 0.9 : 1 }
    })
}

/** A form within a longer word is part of something else. */
const isWhole = (text: string, start: number) =>
  start === 0 || !isWordUnit(text.charCodeAt(start - 1)) || text[start - 1] === '_'

/** As documentation writes them: `sk-xxxxxxxx`, `AKIAXXXXXXXX`. */
const isPlaceholder = (match: string) => /([xX*.])\1{5}|(?:your|YOUR)[_-]|\.{3}/.test(match)
