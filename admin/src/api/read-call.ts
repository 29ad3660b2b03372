/** Puts the parts of a request in their schemas. */
import { z } from 'zod'
import { plainIssue } from '../../../gatekeeper/src/lib/json/plain-issue.ts'
import { ApiError, type InvalidMember } from './api-error.ts'
import type { Endpoint } from './endpoint.ts'

/** The parts of a request before their schemas. */
export type RawCall = {
  readonly params: Readonly<Record<string, string>>
  readonly query: string
  /** Undefined if there is none. */
  readonly body: unknown
}

const empty = z.strictObject({})
const listMax = 20

/** Returns params, query and body by the row's schemas, or throws an ApiError that lists problems. */
export function readCall({ params, query, body }: Endpoint, raw: RawCall) {
  const readParams = params ?? empty
  return {
    params: read(readParams, raw.params, 'params'),
    query: read(query ?? empty, fieldsOf(raw.query), 'query'),
    // Without a schema a body may be an empty object, which some clients send with every POST.
    body: body === undefined ? read(empty, raw.body ?? {}, 'body') : read(body, raw.body, 'body'),
  }
}

/** A field may come once: readers differ about which of two counts. */
function fieldsOf(query: string): Readonly<Record<string, string>> {
  const fields = [...new URLSearchParams(query)]
  const names = fields.map(([name]) => name)
  const repeated = names.find((name, index) => names.indexOf(name) !== index)
  if (repeated !== undefined) throw new ApiError('invalid', 'A field of the query comes twice.')
  return Object.fromEntries(fields)
}

function read(schema: z.ZodType, value: unknown, part: 'params' | 'query' | 'body'): unknown {
  const parsed = schema.safeParse(value, { error: plainIssue })
  if (parsed.success) return parsed.data
  const problems = parsed.error.issues.slice(0, listMax).flatMap(describe)
  const detail =
    part === 'body' && value === undefined
      ? 'The body is missing.'
      : `The ${part === 'params' ? 'path' : part} has members that are missing or not valid.`
  throw new ApiError('invalid', detail, { problems })
}

function describe(issue: z.core.$ZodIssue): InvalidMember[] {
  const path = issue.path.map(String).join('.')
  if (issue.code !== 'unrecognized_keys') return [{ path, message: issue.message }]
  const allowed = issue.message === '' ? 'none is allowed' : `allowed are ${issue.message}`
  // The name of a member that nobody expects may be a secret in the wrong place.
  return [{ path, message: `has members that are not known; ${allowed}` }]
}
