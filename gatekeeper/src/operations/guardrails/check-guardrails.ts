/**
 * The guardrails as a library: `import { checkGuardrails } from 'gatekeeper/guardrails'`. It judges
 * messages in this process; nothing is stored or sent.
 */
import { RE2JS } from 're2js'
import { builtInFinders } from '../../guardrails/built-in-rules.ts'
import { type CompilePattern, type CustomRule, compileRule } from '../../guardrails/custom-rule.ts'
import { judgeTexts, type Violation } from '../../guardrails/judge-texts.ts'
import { redactMessages } from '../../guardrails/redact-messages.ts'
import {
  type Action,
  type BuiltInRule,
  builtInRules,
  type Rule,
  usualActions,
} from '../../guardrails/rule.ts'
import { textsOfMessages } from '../../guardrails/texts-of-messages.ts'

export type { Action, BuiltInRule, CustomRule, Violation }

/** A name of a rule, or a name with another action than the usual one. */
export type RuleChoice = string | { readonly rule: string; readonly action: Action }

export type GuardrailsQuestion = {
  /** As the clients of OpenAI, Anthropic and Ollama write them; or plain texts. */
  readonly messages: readonly unknown[]
  /** `pii`, `secrets`, `jailbreak`, and ids of custom rules. */
  readonly rules: readonly RuleChoice[]
  readonly customRules?: readonly CustomRule[]
}

export type GuardrailsAnswer = {
  /** Nothing was found that a rule blocks. */
  readonly passed: boolean
  readonly blocked: boolean
  readonly violations: readonly Omit<Violation, 'confidence'>[]
  /** The messages with what rules redact replaced; null if they are blocked. */
  readonly redactedMessages: readonly unknown[] | null
}

/** Rules that cannot be used. The message lists all of them. */
export class GuardrailRulesError extends Error {
  override readonly name = 'GuardrailRulesError'
}

/** Judges messages by rules. Rejects with a GuardrailRulesError for rules that do not exist or are not valid. */
export async function checkGuardrails({
  messages,
  rules,
  customRules = [],
}: GuardrailsQuestion): Promise<GuardrailsAnswer> {
  const chosen = chooseRules(rules, customRules)
  const violations = judgeTexts(textsOfMessages(messages), chosen)
  const redacted = redactMessages(
    messages,
    violations.filter(({ action }) => action === 'redact'),
  )
  // What cannot be redacted is not let through as if it had been.
  const blocked = redacted === null || violations.some(({ action }) => action === 'block')
  return {
    ...{ passed: !blocked, blocked },
    violations: violations.map(({ confidence: _, ...violation }) => violation),
    redactedMessages: blocked ? null : redacted,
  }
}

function chooseRules(choices: readonly RuleChoice[], custom: readonly CustomRule[]): Rule[] {
  const problems: string[] = []
  const rules = choices.flatMap((choice) => {
    const name = typeof choice === 'string' ? choice : choice.rule
    const made = makeRule(name, custom)
    if (typeof made === 'string') problems.push(`${name}: ${made}`)
    if (typeof made === 'string' || made === null) return []
    const action = typeof choice === 'string' ? made.action : choice.action
    return action === 'off' ? [] : [{ id: name, action, find: made.find }]
  })
  if (problems.length > 0) throw new GuardrailRulesError(problems.join('\n'))
  return rules
}

type MadeRule = { readonly action: Action; readonly find: Rule['find'] }

/** Returns the rule of a name, null if it is switched off, or why it cannot be used. */
function makeRule(name: string, custom: readonly CustomRule[]): MadeRule | string | null {
  const builtIn = builtInRules.find((one) => one === name)
  if (builtIn !== undefined) return { action: usualActions[builtIn], find: builtInFinders[builtIn] }
  const own = custom.find(({ id }) => id === name)
  if (own === undefined)
    return `is not a rule; there are ${[...builtInRules, ...custom.map(({ id }) => id)].join(', ')}`
  if (own.enabled === false) return null
  const find = compileRule(own, compilePattern)
  return typeof find === 'string' ? find : { action: own.action, find }
}

/** RE2 has no pattern that takes longer than the text is long. */
const compilePattern: CompilePattern = (pattern) => {
  const compiled = RE2JS.compile(pattern)
  return (text) => {
    const matcher = compiled.matcher(text)
    const found: { start: number; end: number }[] = []
    while (matcher.find()) found.push({ start: matcher.start(), end: matcher.end() })
    return found
  }
}
