import type { Found } from './finding.ts'
import type { Action, Rule } from './rule.ts'
import { createTermFinder } from './terms.ts'

/** A rule of an operator. */
export type CustomRule = {
  readonly id: string
  readonly action: Action
  readonly enabled?: boolean
} & (
  | { readonly type: 'blocked_terms'; readonly config: { readonly terms: readonly string[] } }
  | { readonly type: 'regex'; readonly config: { readonly pattern: string } }
  | {
      readonly type: 'topic_restriction'
      readonly config: { readonly blockedTopics: readonly string[] }
    }
)

/** Returns the places that a pattern matches, in linear time; throws an Error for a bad pattern. */
export type CompilePattern = (
  pattern: string,
) => (text: string) => readonly { readonly start: number; readonly end: number }[]

const termsMax = 1_000
const patternCharsMax = 1_000

/** Returns the detector of a rule, or why the rule is refused. */
export function compileRule(rule: CustomRule, compile: CompilePattern): Rule['find'] | string {
  if (rule.type === 'regex') return compileRegex(rule.config.pattern, compile)
  const isTopics = rule.type === 'topic_restriction'
  if (isTopics && rule.action === 'redact') return 'topics cannot be redacted: use block or warn'
  const terms = isTopics ? rule.config.blockedTopics : rule.config.terms
  return termsProblem(terms) ?? createTermFinder(terms, rule.type)
}

function termsProblem(terms: readonly string[]): string | null {
  if (terms.length === 0 || terms.length > termsMax) return `needs 1 to ${termsMax} terms`
  const isEmpty = (term: string) => term.trim() === ''
  return terms.some(isEmpty) ? 'has an empty term, which would be in every text' : null
}

function compileRegex(pattern: string, compile: CompilePattern): Rule['find'] | string {
  if (pattern.length > patternCharsMax) return `its pattern is longer than ${patternCharsMax}`
  try {
    const findAll = compile(pattern)
    if (findAll('').length > 0) return 'its pattern matches the empty text'
    return (text) => findAll(text).map(toFound)
  } catch (error) {
    return `its pattern is not valid: ${(error as Error).message}`
  }
}

const toFound = ({ start, end }: { start: number; end: number }): Found<'regex'> => ({
  ...{ type: 'regex', start, end, confidence: 1 },
})
