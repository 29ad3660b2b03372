/**
 * The address rules in force: those of `keys/rules.json`, followed like the key files. A file that is
 * invalid at the start stops the start; later the last good rules stay in force.
 */
import { followFile } from '../lib/files/follow-file.ts'
import { describeEncoding } from '../lib/files/text-file.ts'
import { type Problem, ProblemsError } from '../lib/problem.ts'
import type { Timers } from '../lib/timers.ts'
import type { AddressRule, AddressRules } from '../model/address-rule.ts'
import { compileAddressRules } from '../policy/address-rules.ts'
import { parseRuleFile } from './rule-file.ts'

export type RuleStore = {
  readonly current: () => AddressRules
  /** Why the rules in force are not those of the file; empty if they are. */
  readonly problems: () => readonly Problem[]
  readonly reload: () => Promise<void>
  readonly close: () => void
}

export type RuleStoreDeps = {
  readonly file: string
  readonly timers?: Timers
  /** Called with the ids that differ after a reload. */
  readonly onChange?: (change: RuleSetChange) => void
  readonly log: {
    readonly info: (fields: object, message: string) => void
    readonly error: (fields: object, message: string) => void
  }
}

/** Ids of the rules by which two sets differ; a rule that was changed is in both. */
export type RuleSetChange = Readonly<Record<'added' | 'removed', readonly string[]>>

type RuleSet = { readonly rules: readonly AddressRule[]; readonly compiled: AddressRules }

/** Follows the file. Rejects with a ProblemsError if it is invalid now. */
export async function openRuleStore(deps: RuleStoreDeps): Promise<RuleStore> {
  const { file, log } = deps
  const followed = await followFile<RuleSet>({
    path: file,
    interpret: (text) => interpret(text, file),
    absent: (last) => {
      // Nobody lifts a rule by removing the file, and a lost mount must not open the gateway.
      if (last === undefined || last.rules.length === 0) return toSet([])
      throw new ProblemsError([{ source: file, what: 'was deleted', remedy: lostRemedy }])
    },
    unreadable: (code) => describeUnreadable(file, code),
    onChange: (before) => {
      const { rules } = followed.current()
      deps.onChange?.(compare(before.rules, rules))
      const [fields, problems] = [{ file, rules: rules.length }, followed.problems()]
      if (problems.length === 0) log.info(fields, 'address rules reloaded')
      else
        log.error(
          { ...fields, problems },
          'address rules not reloaded: the last valid rules stay in use',
        )
    },
    timers: deps.timers,
  })
  return {
    current: () => followed.current().compiled,
    problems: followed.problems,
    reload: followed.reload,
    close: followed.close,
  }
}

const lostRemedy =
  'Restore it from a backup; `npm run rules -- remove ID` lifts a rule. Until then the last rules stay in force.'

/** Describes a rule file that exists but cannot be read, with the remedy. */
export function describeUnreadable(source: string, code: string): Problem {
  const remedy = 'Make it readable for the user that the gatekeeper runs as.'
  const problem = describeEncoding(code) ?? { what: `cannot be read (${code})`, remedy }
  return { source, ...problem }
}

function interpret(text: string, file: string): RuleSet {
  const { rules, problems } = parseRuleFile(text, file)
  if (problems.length > 0) throw new ProblemsError(problems)
  return toSet(rules)
}

function toSet(rules: readonly AddressRule[]): RuleSet {
  return { rules, compiled: compileAddressRules(rules) }
}

function compare(before: readonly AddressRule[], after: readonly AddressRule[]): RuleSetChange {
  const without = (these: readonly AddressRule[], those: readonly AddressRule[]) => {
    const known = new Set(those.map((rule) => JSON.stringify(rule)))
    return these.filter((rule) => !known.has(JSON.stringify(rule))).map(({ id }) => id)
  }
  return { added: without(after, before), removed: without(before, after) }
}
