/** Address rules (P12), in the words of the compatible API. */
import { formatInstant } from '../../../gatekeeper/src/lib/instant.ts'
import type { Installation } from '../../../gatekeeper/src/operations/installation.ts'
import {
  addRule,
  RuleError,
  readRules,
  removeRules,
} from '../../../gatekeeper/src/operations/rules/rule-writer.ts'
import { newRule, ruleQuery } from '../../../gatekeeper/src/wire/ip-rules.ts'
import { RefusedError } from './answer.ts'
import { type HandedOver, type Routes, readBody, readQuery } from './handed-over.ts'
import { describePage } from './page.ts'
import { recordFor } from './record-for.ts'

type Rule = Awaited<ReturnType<typeof addRule>>

/** Returns the functions that answer `/admin/ip-rules`. */
export function ipRuleRoutes(installation: Installation): Routes {
  return {
    'GET /admin/ip-rules': async (handed) => {
      const asked = readQuery(ruleQuery, handed)
      const all = await readRules(installation.rulesFile)
      const found = all.filter((rule) => asked.type === undefined || rule.type === asked.type)
      return { status: 200, body: describePage(found, asked, describeRule) }
    },
    'POST /admin/ip-rules': async (handed) => {
      const rule = await orRefuse(() => add(handed, installation))
      return { status: 201, body: { success: true, data: describeRule(rule) } }
    },
    'DELETE /admin/ip-rules/{+id}': async (handed) => {
      const { rulesFile } = installation
      const deps = { record: recordFor(handed, installation) }
      const removed = await orRefuse(() => removeRules(rulesFile, handed.params['id'] ?? '', deps))
      return { status: 200, body: { success: true, data: removed.map(describeRule) } }
    },
  }
}

async function add(handed: HandedOver, installation: Installation): Promise<Rule> {
  const { principal, clientAddress } = handed
  const { ip, type, reason, app, user, active, confirm } = readBody(newRule, handed)
  const addedBy = principal.user
  const wanted = { ip, type, active, addedBy, ...{ reason: reason ?? null, app: app ?? null } }
  const maker = { address: clientAddress, isConfirmed: confirm, app: null, user: principal.user }
  const deps = { clock: installation.clock, record: recordFor(handed, installation) }
  return await addRule(
    installation.rulesFile,
    { wanted: { ...wanted, user: user ?? null }, maker },
    deps,
  )
}

async function orRefuse<T>(change: () => Promise<T>): Promise<T> {
  try {
    return await change()
  } catch (error) {
    if (!(error instanceof RuleError)) throw error
    const { code, message } = error
    if (code === 'unknown') throw new RefusedError(404, 'There is no rule with this id or address.')
    if (code !== 'address') throw new RefusedError(409, describeConflict(code))
    throw new RefusedError(400, `ip: ${message}.`, { details: [{ path: 'ip', message }] })
  }
}

function describeConflict(code: Exclude<RuleError['code'], 'address' | 'unknown'>): string {
  return code !== 'lock-out'
    ? 'There are as many rules as there may be. Remove one first.'
    : 'This rule would refuse your own address. Send confirm: true if you want that.'
}

function describeRule({ id, ip, type, reason, active, app, user, addedBy, createdAt }: Rule) {
  const at = createdAt === null ? null : formatInstant(createdAt)
  return { id, ip, type, reason, active, app, user, addedBy, createdAt: at }
}
