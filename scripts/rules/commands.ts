import { describeActor } from '../../gatekeeper/src/audit/actor.ts'
import { formatInstant } from '../../gatekeeper/src/lib/instant.ts'
import { normalizeRange } from '../../gatekeeper/src/lib/net/address-form.ts'
import type { AddressRule } from '../../gatekeeper/src/model/address-rule.ts'
import { clientIdForm } from '../../gatekeeper/src/model/credential-form.ts'
import type { Installation } from '../../gatekeeper/src/operations/installation.ts'
import {
  addRule,
  type NewRule,
  readRules,
  removeRules,
} from '../../gatekeeper/src/operations/rules/rule-writer.ts'
import { compileAddressRules } from '../../gatekeeper/src/policy/address-rules.ts'
import { describeAddress } from '../frame/describe-values.ts'
import type { Command } from '../frame/program.ts'
import { formatTable } from '../frame/table.ts'
import { hasFlag, refusePositionals, stringOf, UsageError, type Words } from '../frame/words.ts'

type RuleCommand = Command<Installation>

export const add: RuleCommand = {
  summary: 'refuse addresses, or let in only some',
  usage: '(--deny CIDR | --allow CIDR) [--app A] [--user U] --reason TEXT',
  options: {
    deny: { type: 'string' },
    allow: { type: 'string' },
    app: { type: 'string' },
    user: { type: 'string' },
    reason: { type: 'string' },
    inactive: { type: 'boolean' },
  },
  help: [
    '--deny CIDR    refuse this address or network: 203.0.113.7, 203.0.113.0/24, 2001:db8::/64',
    '--allow CIDR   let in only this one, and those of other allow rules for the same requests',
    '--app A        only for requests of this app; without --app and --user for every request',
    '--user U       only for requests of this user; the user of an app by --app, or as APP:USER',
    '--reason TEXT  why, for those who read the rule later',
    '--inactive     write the rule down without putting it in force',
  ],
  run: async (words, { rulesFile, ...deps }) => {
    refusePositionals(words)
    const wanted = readWanted(words)
    const rule = await addRule(rulesFile, { wanted, maker: null }, deps)
    const effect = rule.active ? 'It is in force within two seconds.' : 'It is not in force.'
    return {
      json: viewRule(rule),
      lines: [`Rule ${rule.id}: ${describe(rule)}. ${effect}`],
      notes: noteOf(await readRules(rulesFile)),
    }
  },
}

export const list: RuleCommand = {
  summary: 'show all rules',
  usage: '',
  options: {},
  help: [],
  run: async (words, { rulesFile }) => {
    refusePositionals(words)
    const rules = await readRules(rulesFile)
    const rows = rules.map((rule) => [
      rule.id,
      rule.type,
      rule.ip,
      scopeOf(rule),
      rule.active ? 'active' : 'inactive',
      rule.addedBy ?? '',
      rule.reason ?? '',
    ])
    const heading = ['ID', 'TYPE', 'ADDRESS', 'FOR', 'STATE', 'BY', 'REASON']
    return {
      json: rules.map(viewRule),
      lines: rows.length === 0 ? [`No rules in ${rulesFile}.`] : formatTable([heading, ...rows]),
    }
  },
}

export const remove: RuleCommand = {
  summary: 'remove a rule',
  usage: 'ID',
  options: {},
  help: ['An address or network instead of the ID removes every rule about exactly that.'],
  run: async ({ positionals }, { rulesFile, record }) => {
    const [name, ...rest] = positionals
    if (name === undefined || rest.length > 0) throw new UsageError('name one ID at a time')
    const removed = await removeRules(rulesFile, name, { record })
    const lines = removed.map((rule) => `Removed rule ${rule.id}: ${describe(rule)}.`)
    return { json: removed.map(viewRule), lines, notes: noteOf(await readRules(rulesFile)) }
  },
}

function readWanted(words: Words): NewRule {
  const faults: string[] = []
  const [deny, allow] = [stringOf(words, 'deny'), stringOf(words, 'allow')]
  const ip = deny ?? allow ?? ''
  if ((deny === undefined) === (allow === undefined)) faults.push('give one of --deny and --allow')
  else if (normalizeRange(ip) === null) faults.push(describeAddress(ip))
  const app = stringOf(words, 'app') ?? null
  if (app !== null && !clientIdForm.test(app)) faults.push('--app must be the id of an app')
  const reason = stringOf(words, 'reason') ?? null
  if (reason === null) faults.push('--reason is missing: say why')
  if (faults.length > 0) throw new UsageError(faults.join('\n'))
  const { user, uid } = describeActor()
  return {
    ip,
    type: deny === undefined ? 'allow' : 'deny',
    reason,
    active: !hasFlag(words, 'inactive'),
    app,
    user: stringOf(words, 'user') ?? null,
    addedBy: user ?? (uid === null ? null : `uid ${uid}`),
  }
}

function viewRule({ createdAt, ...rule }: AddressRule) {
  return { ...rule, createdAt: createdAt === null ? null : formatInstant(createdAt) }
}

function describe(rule: AddressRule): string {
  return `${rule.type} ${rule.ip} for ${scopeOf(rule)}`
}

function scopeOf({ app, user }: Pick<AddressRule, 'app' | 'user'>): string {
  if (app === null && user === null) return 'every request'
  const parts = [app === null ? '' : `app ${app}`, user === null ? '' : `user ${user}`]
  return parts.filter((part) => part !== '').join(', ')
}

/** The command line cannot be shut out, but programs on this machine can. */
function noteOf(rules: readonly AddressRule[]): string[] {
  const { findRefusing } = compileAddressRules(rules)
  const refused = ['127.0.0.1', '::1'].filter((address) => findRefusing(address) !== null)
  if (refused.length === 0) return []
  return [`with these rules, callers on this machine are refused too (${refused.join(', ')})`]
}
