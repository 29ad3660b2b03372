import { findInjections } from './injection.ts'
import { findPii } from './pii/find-pii.ts'
import type { BuiltInRule, Rule } from './rule.ts'
import { findSecrets } from './secret-forms/find-secrets.ts'

/** The detectors of the rules that every installation has. */
export const builtInFinders: Readonly<Record<BuiltInRule, Rule['find']>> = {
  pii: findPii,
  secrets: findSecrets,
  jailbreak: findInjections,
}
