/**
 * Turns the issues of zod into plain sentences that say what is allowed, with an example. Examples
 * come from the schema: `.meta({ examples: ['[60/min]'] })`, and for a union `.meta({ form: '…'
 * })`. Must never quote the value, which may be a secret in the wrong place.
 */
import { z } from 'zod'
import { didYouMean } from '../nearest.ts'

type RawIssue = Parameters<z.core.$ZodErrorMap>[0]

/**
 * For `schema.safeParse(value, { error: plainIssue })`. Messages in the schema itself take
 * precedence.
 */
export const plainIssue: z.core.$ZodErrorMap = (issue) => {
  switch (issue.code) {
    case 'invalid_type':
      return describeType(issue)
    case 'invalid_value': {
      const names = issue.values.map(String)
      const meant = typeof issue.input === 'string' ? didYouMean(issue.input, names) : ''
      const form = names.length === 1 ? names[0] : `one of ${names.join(', ')}`
      return issue.input === undefined ? `is missing; write ${form}` : `must be ${form}${meant}`
    }
    case 'too_small':
      return `must ${bound(issue, issue.minimum, 'least')}${example(issue)}`
    case 'too_big':
      return `must ${bound(issue, issue.maximum, 'most')}${example(issue)}`
    case 'invalid_union':
      return formOf(issue)
    case 'invalid_key':
      return issue.issues[0]?.message
    case 'unrecognized_keys':
      return knownMembers(issue.inst).join(', ')
    default:
      return undefined
  }
}

const nouns: Readonly<Record<string, string>> = {
  array: 'a list',
  object: 'a mapping of names to values',
  record: 'a mapping of names to values',
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false, without quotes',
}

const examples: Readonly<Record<string, string>> = { array: '[a, b]' }

function describeType(issue: RawIssue & { readonly expected: string }): string {
  const noun = nouns[issue.expected] ?? `of type ${issue.expected}`
  const such =
    example(issue) || (examples[issue.expected] && `, such as ${examples[issue.expected]}`)
  return issue.input === undefined
    ? `is missing; it is ${noun}${such ?? ''}`
    : `must be ${noun}${such ?? ''}`
}

function bound(
  issue: RawIssue & { readonly origin: string; readonly inclusive?: boolean | undefined },
  limit: number | bigint,
  word: 'least' | 'most',
): string {
  if (issue.origin === 'string') return `have at ${word} ${limit} characters`
  if (issue.origin === 'array')
    return `have at ${word} ${limit} ${limit === 1 ? 'entry' : 'entries'}`
  if (issue.inclusive === false) return `be ${word === 'least' ? 'above' : 'below'} ${limit}`
  return `be at ${word} ${limit}`
}

function example({ inst }: RawIssue): string {
  const [first] = (metaOf(inst)?.['examples'] ?? []) as readonly unknown[]
  return first === undefined ? '' : `, such as ${first}`
}

function formOf({ inst, input }: RawIssue): string | undefined {
  const form = metaOf(inst)?.['form']
  if (typeof form !== 'string') return undefined
  return input === undefined ? `is missing; write ${form}` : `must be ${form}`
}

const metaOf = (inst: unknown) =>
  inst === undefined ? undefined : z.globalRegistry.get(inst as z.ZodType)

/** Returns the member names of an object's schema. */
function knownMembers(inst: unknown): string[] {
  return inst instanceof z.ZodObject ? Object.keys(inst.shape) : []
}

/** Returns the parts of an issue about unknown members; its message lists the known ones. */
export function unknownMembers(issue: z.core.$ZodIssueUnrecognizedKeys): {
  readonly name: string
  readonly meant: string
  readonly known: string
}[] {
  const known = issue.message.split(', ')
  return issue.keys.map((name) => ({
    ...{ name, meant: didYouMean(name, known) },
    known: issue.message,
  }))
}
