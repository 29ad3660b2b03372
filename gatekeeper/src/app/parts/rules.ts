import { join } from 'node:path'
import { openRuleStore } from '../../address-rules/rule-store.ts'
import type { AppDeps } from '../app-deps.ts'
import type { AuditPart } from './audit.ts'

/** Opens the address rules. Rejects with a ProblemsError if their file is broken. */
export async function openRules(
  { settings, log }: AppDeps,
  { recordChange }: Pick<AuditPart, 'recordChange'>,
) {
  const rules = await openRuleStore({
    file: join(settings.keysDir, 'rules.json'),
    log,
    onChange: (change) => recordChange('address_rules.reloaded', change),
  })
  return { ...rules, name: 'rules' }
}
