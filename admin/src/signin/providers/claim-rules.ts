/** Rules by which accounts of a provider become people without an invitation. */
import type { LoginProvider, LoginRule } from '../../../../gatekeeper/src/model/console-settings.ts'
import { personName } from '../../api/routes/people/schema.ts'

/** The person that a rule makes. */
export type RuledPerson = Pick<LoginRule, 'role' | 'access'> & { readonly name: string }

type Claims = Readonly<Record<string, unknown>>

/**
 * Returns the person of the first rule that matches; null if none does, or the account has no name
 * that a person can have.
 */
export function applyRules(
  { rules = [], nameClaim = 'preferred_username' }: Pick<LoginProvider, 'rules' | 'nameClaim'>,
  claims: Claims,
): RuledPerson | null {
  const rule = rules.find(({ when }) => matches(when, claims))
  const name = personName.safeParse(valuesOf(claims, nameClaim)[0])
  if (rule === undefined || !name.success) return null
  return { name: name.data, role: rule.role, access: rule.access }
}

function matches(when: LoginRule['when'], claims: Claims): boolean {
  return Object.entries(when).every(([claim, wanted]) =>
    valuesOf(claims, claim).some((value) => wanted.includes(value)),
  )
}

/** The values of a claim as texts. An address that the provider did not verify can be anybody's. */
function valuesOf(claims: Claims, name: string): string[] {
  const value = Object.hasOwn(claims, name) ? claims[name] : undefined
  if (name === 'email' && claims['email_verified'] !== true) return []
  return [value]
    .flat()
    .filter((one) => ['string', 'number', 'boolean'].includes(typeof one))
    .map(String)
}
