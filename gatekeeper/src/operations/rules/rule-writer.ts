/** Adds, lists and removes the address rules of `keys/rules.json`. */
import { randomBytes } from 'node:crypto'
import { parseRuleFile, rulesMax } from '../../address-rules/rule-file.ts'
import type { Clock } from '../../lib/clock.ts'
import { readText } from '../../lib/files/change-file.ts'
import { formatInstant } from '../../lib/instant.ts'
import { normalizeRange } from '../../lib/net/address-form.ts'
import { ProblemsError } from '../../lib/problem.ts'
import type { AddressRule, RuledCaller } from '../../model/address-rule.ts'
import { compileAddressRules } from '../../policy/address-rules.ts'
import { changeDocument } from '../change-document.ts'

/** The content of `rules.json`. Instants are ISO 8601. */
type RuleDocument = { version: 1; rules: Record<string, RuleEntry> }

type RuleEntry = Omit<AddressRule, 'id' | 'createdAt'> & { readonly createdAt: string | null }

/** A rule as the file has it. */
export type StoredRule = AddressRule

/**
 * A rule to add; `ip` in any spelling of an address or CIDR range. Without an id it gets a random
 * one.
 */
export type NewRule = Omit<AddressRule, 'id' | 'createdAt'> & { readonly id?: string }

/**
 * Why a rule was not added or removed: `ip` is not an address or range, there are as many rules as
 * there may be, it would refuse its maker, its id is in use, or no rule has this id or address.
 */
export class RuleError extends Error {
  override readonly name = 'RuleError'
  readonly code: 'address' | 'full' | 'lock-out' | 'taken' | 'unknown'

  constructor(code: RuleError['code'], message: string) {
    super(message)
    this.code = code
  }
}

/** A pending change of the rules. */
export type RuleAct = {
  readonly event: 'address_rule.added' | 'address_rule.removed' | 'address_rules.unwritten'
  readonly rules: readonly Pick<AddressRule, 'id' | 'ip' | 'type' | 'app' | 'user'>[]
}

export type RuleWriterDeps = {
  readonly clock: Clock
  /** Records a pending change; if it rejects, the change is not made. */
  readonly record?: (acts: readonly RuleAct[]) => Promise<void>
}

/** Who adds a rule, and from where. A rule that would refuse this request needs `isConfirmed`. */
export type RuleMaker = RuledCaller & { readonly address: string; readonly isConfirmed: boolean }

/**
 * Adds a rule and returns it. Rejects with a RuleError, and as `changeDocument` does. `maker` is null
 * on the command line, which no rule can shut out.
 */
export async function addRule(
  file: string,
  { wanted: given, maker }: { readonly wanted: NewRule; readonly maker: RuleMaker | null },
  deps: RuleWriterDeps,
): Promise<AddressRule> {
  const { id = createRuleId(), ...wanted } = given
  const ip = normalizeRange(wanted.ip)
  if (ip === null) throw new RuleError('address', 'this is not an address or network')
  const createdAt = deps.clock()
  const rule = { id, ...wanted, ip, createdAt }
  const entry: RuleEntry = { ...wanted, ip, createdAt: formatInstant(createdAt) }
  await changeRules(file, deps, ({ rules }) => {
    if (Object.keys(rules).length >= rulesMax) {
      throw new RuleError('full', `there are ${rulesMax} rules already; remove one first`)
    }
    if (Object.hasOwn(rules, id)) throw new RuleError('taken', 'a rule with this id exists')
    rules[id] = entry
    if (maker !== null) requireEntry(rules, maker)
    return { event: 'address_rule.added', rules: [rule] }
  })
  return rule
}

/**
 * Removes the rule with an id, or every rule of an address or range, and returns what was removed.
 * Rejects with a RuleError if there is none.
 */
export async function removeRules(
  file: string,
  idOrAddress: string,
  deps: Pick<RuleWriterDeps, 'record'> = {},
): Promise<readonly AddressRule[]> {
  const act = await changeRules(file, deps, ({ rules }) => {
    const isById = Object.hasOwn(rules, idOrAddress)
    const ip = isById ? null : normalizeRange(idOrAddress)
    const found = toRules(rules).filter((rule) =>
      isById ? rule.id === idOrAddress : rule.ip === ip,
    )
    if (found.length === 0) {
      throw new RuleError('unknown', 'there is no rule with this id or address')
    }
    for (const { id } of found) delete rules[id]
    return { event: 'address_rule.removed', rules: found }
  })
  return act.rules
}

/** Returns every rule of the file. Rejects with a ProblemsError if it is invalid. */
export async function readRules(file: string): Promise<readonly AddressRule[]> {
  const text = await readText(file)
  return text === null ? [] : check(text, file)
}

/** Whoever adds a rule must still be let in, to be able to remove it. */
function requireEntry(
  rules: RuleDocument['rules'],
  { address, isConfirmed, ...caller }: RuleMaker,
) {
  const { findRefusing, findRefusingCaller } = compileAddressRules(toRules(rules))
  const refusing = findRefusing(address) ?? findRefusingCaller(address, caller)
  if (refusing === null || isConfirmed) return
  throw new RuleError('lock-out', `this would refuse your own address, ${address}`)
}

function createRuleId(): string {
  return randomBytes(8).toString('hex')
}

type Change = { readonly event: RuleAct['event']; readonly rules: readonly AddressRule[] }

async function changeRules(
  path: string,
  { record }: Pick<RuleWriterDeps, 'record'>,
  edit: (document: RuleDocument) => Change,
): Promise<Change> {
  const parse = (text: string | null): RuleDocument => {
    if (text === null) return { version: 1, rules: {} }
    return { version: 1, rules: toEntries(check(text, path)) }
  }
  let change: Change = { event: 'address_rules.unwritten', rules: [] }
  const recordAct = () => {
    const rules = change.rules.map(({ id, ip, type, app, user }) => ({ id, ip, type, app, user }))
    return {
      record: async () => await record?.([{ event: change.event, rules }]),
      recordUnwritten: async () => await record?.([{ event: 'address_rules.unwritten', rules }]),
    }
  }
  await changeDocument({ path, parse, record: recordAct }, (document) => {
    change = edit(document)
  })
  return change
}

function check(text: string, file: string): readonly AddressRule[] {
  const { rules, problems } = parseRuleFile(text, file)
  if (problems.length > 0) throw new ProblemsError(problems)
  return rules
}

function toRules(entries: RuleDocument['rules']): AddressRule[] {
  return Object.entries(entries).map(([id, entry]) => {
    return {
      id,
      ...entry,
      createdAt: entry.createdAt === null ? null : Date.parse(entry.createdAt),
    }
  })
}

function toEntries(rules: readonly AddressRule[]): RuleDocument['rules'] {
  return Object.fromEntries(
    rules.map(({ id, createdAt, ...entry }) => {
      return [id, { ...entry, createdAt: createdAt === null ? null : formatInstant(createdAt) }]
    }),
  )
}
