import type { z } from 'zod'
import { ProblemsError } from '../problem.ts'
import { type Finding, findDuplicates, findSyntaxProblem, placeFindings } from './entity-file.ts'
import { plainIssue } from './plain-issue.ts'

/**
 * Returns the value of a JSON file by its schema. Throws a ProblemsError with every problem and its
 * place; no value is quoted, nor a name that may be one. `remedy` says who writes the file.
 */
export function readSchemaFile<Schema extends z.ZodType>(
  text: string,
  source: string,
  { schema, remedy }: { readonly schema: Schema; readonly remedy: string },
): z.output<Schema> {
  const syntax = findSyntaxProblem(text, source, 'Correct it, or restore a backup.')
  if (syntax !== null) throw new ProblemsError([syntax])
  const twice = findDuplicates(text, source)
  if (twice.length > 0) throw new ProblemsError(twice)
  const parsed = schema.safeParse(JSON.parse(text), { error: plainIssue })
  if (parsed.success) return parsed.data
  const findings = parsed.error.issues.flatMap((issue) => describe(issue, remedy))
  throw new ProblemsError(placeFindings(text, source, findings))
}

function describe(issue: z.core.$ZodIssue, remedy: string): Finding[] {
  const path = issue.path.filter((step) => typeof step !== 'symbol')
  if (issue.code === 'unrecognized_keys') {
    const what = `unknown member; allowed members are ${issue.message}`
    return issue.keys.map((key) => ({ path: [...path, key], what, remedy }))
  }
  // The name of an entity may be a misplaced secret, so only its member is named.
  const name = path.length > 2 ? path.slice(2).join('.') : 'this'
  return [{ path, what: `${name}: ${issue.message}`, remedy }]
}
