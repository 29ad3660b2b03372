/** The OpenAPI document of the admin API, made from the rows. */
import { z } from 'zod'
import { type ApiReason, apiReasons } from './api-error.ts'
import type { Endpoint } from './endpoint.ts'
import { apiPrefix } from './rows-router.ts'

type Members = Readonly<Record<string, unknown>>

/** Schemas that have a name, for all places that use them. */
type Named = Record<string, unknown>

/** Returns the document, in OpenAPI 3.1. Its text depends on the rows alone. */
export function describeApi(rows: readonly Endpoint[], version: string): Members {
  const named: Named = {}
  const paths = describePaths(rows, named)
  return {
    openapi: '3.1.1',
    info: {
      title: 'Gatekeeper admin API',
      version,
      description:
        'For the pages of the console, with both halves of a session, and for automation, with a ' +
        'token of class admin. Changes within /v1 are additions.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: apiPrefix }],
    security: [{ session: [], sessionHalf: [] }, { token: [] }],
    paths,
    components: {
      securitySchemes,
      schemas: { Problem: toSchema(problem, 'output', named), ...named },
    },
  }
}

const securitySchemes = {
  session: { type: 'apiKey', in: 'cookie', name: '__Host-gk_session' },
  sessionHalf: { type: 'apiKey', in: 'header', name: 'X-Gatekeeper-Session' },
  token: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
}

const reasons = Object.keys(apiReasons) as [ApiReason, ...ApiReason[]]

const problem = z.strictObject({
  type: z.literal('about:blank'),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  reason: z.enum(reasons),
  requestId: z.string(),
  problems: z.array(z.strictObject({ path: z.string(), message: z.string() })).optional(),
  act: z.string().optional(),
  retryAfterSeconds: z.number().optional(),
})

function describePaths(rows: readonly Endpoint[], named: Named): Members {
  const paths: Record<string, Record<string, unknown>> = {}
  for (const row of rows) {
    const path = row.path.replace(/:(\w+)/g, '{$1}')
    paths[path] ??= {}
    paths[path][row.method.toLowerCase()] = describeOperation(row, named)
  }
  return paths
}

function describeOperation(row: Endpoint, named: Named): Members {
  const { method, path, summary, roles, stepUp, body } = row
  const act = typeof stepUp === 'function' ? 'for some changes' : stepUp
  return {
    operationId: `${method.toLowerCase()}${path.replace(/[^A-Za-z0-9]+/g, '_')}`,
    summary,
    ...(roles === 'open' && { security: [] }),
    'x-roles': roles,
    ...(act !== undefined && { 'x-step-up': act }),
    parameters: [
      ...describeParameters(row.params, 'path', named),
      ...describeParameters(row.query, 'query', named),
      ...describeFields(row),
    ],
    ...(body !== undefined && {
      requestBody: {
        required: true,
        content: { 'application/json': { schema: toSchema(body, 'input', named) } },
      },
    }),
    responses: describeAnswers(row, named),
  }
}

function describeParameters(
  schema: z.ZodType | undefined,
  place: 'path' | 'query',
  named: Named,
): Members[] {
  if (schema === undefined) return []
  const { properties, required = [] } = toSchema(schema, 'input', named) as {
    readonly properties?: Members
    readonly required?: readonly string[]
  }
  return Object.entries(properties ?? {}).map(([name, member]) => ({
    ...{ name, in: place, required: place === 'path' || required.includes(name), schema: member },
  }))
}

/** Fields of the request that decide whether it is done; those of the session are security schemes. */
function describeFields({ condition, stepUp }: Endpoint): Members[] {
  const field = (name: string, schema: Members) => ({ name, in: 'header', required: true, schema })
  const tag = { type: 'string', pattern: '^"[!#-~]{1,200}"$' }
  return [
    ...(condition === 'If-Match' ? [field(condition, tag)] : []),
    ...(condition === 'If-None-Match' ? [field(condition, { type: 'string', const: '*' })] : []),
    ...(stepUp === undefined
      ? []
      : [
          {
            ...field('X-Gatekeeper-Step-Up', { type: 'string' }),
            required: typeof stepUp === 'string',
            description: 'The id of a proof for this act, made by /step-up/finish.',
          },
        ]),
  ]
}

function describeAnswers({ answers }: Endpoint, named: Named): Members {
  const known = Object.entries(answers).map(([status, schema]) => {
    const description = Number(status) < 300 ? 'Done.' : 'Refused.'
    if (schema === null) return [status, { description }] as const
    const { type, ...rest } = describeMedia(schema, named)
    return [status, { description, content: { [type]: rest } }] as const
  })
  const content = {
    'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } },
  }
  return { ...Object.fromEntries(known), default: { description: 'A problem.', content } }
}

/** A text is a stream; `.meta({ description: 'text/csv' })` names its type. */
function describeMedia(
  schema: z.ZodType,
  named: Named,
): { readonly type: string; readonly schema?: Members } {
  const described = z.globalRegistry.get(schema)?.description
  const isText = schema instanceof z.ZodString
  // A tool may compare each event with a schema of the whole.
  if (isText && described === 'text/event-stream') return { type: described }
  const type = isText ? (described ?? 'text/plain') : 'application/json'
  return { type, schema: isText ? { type: 'string' } : toSchema(schema, 'output', named) }
}

/**
 * What JSON Schema cannot say, such as a check of ours, is left out: the rest is still true. A schema
 * with a name is another one where it is taken, since members with a default may be missing there.
 */
function toSchema(schema: z.ZodType, io: 'input' | 'output', named: Named): Members {
  const made = z.toJSONSchema(schema, { io, unrepresentable: 'any', reused: 'inline' })
  const end = io === 'input' ? 'Input' : ''
  const text = JSON.stringify(made).replace(
    /"#\/\$defs\/(\w+)"/g,
    (_, name) => `"#/components/schemas/${name}${end}"`,
  )
  const { $schema, id, $defs = {}, ...rest } = JSON.parse(text)
  for (const [name, one] of Object.entries<Record<string, unknown>>($defs)) {
    const { id: _, ...members } = one
    const own = `${name}${end}`
    // Two schemas of one name would describe one place with the other's members.
    const isOther = own in named && JSON.stringify(named[own]) !== JSON.stringify(members)
    if (isOther) throw new Error(`two schemas are named ${name}`)
    named[own] = members
  }
  return rest
}
