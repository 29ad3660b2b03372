/** The OpenAPI document of the services' site, made from the rows and the schemas of `wire/`. */
import { z } from 'zod'
import { errorFormOf, type errorForms } from '../errors.ts'
import type { Operation, Scheme } from './operation.ts'
import { type Placed, type SiteParts, siteOperations } from './site-operations.ts'

type Members = Readonly<Record<string, unknown>>
type ErrorForm = (typeof errorForms)[keyof typeof errorForms]

const securitySchemes: Readonly<Record<Scheme, Members>> = {
  bearer: { type: 'http', scheme: 'bearer', description: 'An API key or an access token.' },
  apiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
  userToken: {
    ...{ type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
    description: 'A token of `/auth/token`.',
  },
  client: { type: 'http', scheme: 'basic', description: 'The id and the secret of a client.' },
  adminKey: { type: 'apiKey', in: 'header', name: 'X-Admin-Key' },
}

/** Returns the document, in OpenAPI 3.1. It says what is configured, and nothing about services. */
export function describeSite(parts: SiteParts, version: string): Members {
  const placed = siteOperations(parts)
  const forms = placed.map(({ dialect }) => errorFormOf(dialect))
  return {
    openapi: '3.1.1',
    info: {
      title: 'Gatekeeper',
      version,
      description:
        'The gateway’s own routes. The services behind it have their own APIs, below the prefixes ' +
        'of their routes.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    paths: describePaths(placed),
    components: {
      securitySchemes,
      schemas: Object.fromEntries(
        forms.map(({ name, schema }) => [name, toSchema(schema, 'output')]),
      ),
    },
  }
}

function describePaths(placed: readonly Placed[]): Members {
  const paths: Record<string, Record<string, unknown>> = {}
  for (const one of placed) {
    paths[one.path] ??= {}
    Object.assign(paths[one.path] ?? {}, { [one.method.toLowerCase()]: describe(one) })
  }
  return paths
}

function describe({ method, path, dialect, operation }: Placed): Members {
  const { summary, credentials, body } = operation
  return {
    operationId: `${method.toLowerCase()}${path.replace(/[^A-Za-z0-9]+/g, '_')}`.replace(/_$/, ''),
    ...{ summary, tags: [tagOf(path)] },
    security: credentials.map((scheme) => (scheme === 'none' ? {} : { [scheme]: [] })),
    parameters: describeParameters(path, operation),
    ...(body && { requestBody: describeBody(body) }),
    responses: describeAnswers(operation, errorFormOf(dialect), method === 'HEAD'),
  }
}

/** The first word of a path; the chat has four. */
function tagOf(path: string): string {
  const [, first = '', second = ''] = path.split('/')
  if (path.endsWith('/chat')) return 'chat'
  return first === 'api' ? second.replace(/[{}]/g, '') : first.replace(/^\./, '')
}

function describeParameters(path: string, { query, fields = [] }: Operation): Members[] {
  const { properties = {}, required = [] } = query ? toSchema(query, 'input') : {}
  const text = { type: 'string' }
  return [
    ...[...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
      ...{ name, in: 'path', required: true, schema: text },
    })),
    ...Object.entries(properties as Members).map(([name, schema]) => ({
      ...{ name, in: 'query', required: (required as string[]).includes(name), schema },
    })),
    ...fields.map((name) => ({ name, in: 'header', required: false, schema: text })),
  ]
}

function describeBody({ schema, types = ['application/json'] }: NonNullable<Operation['body']>) {
  const media = { schema: toSchema(schema, 'input') }
  return { required: true, content: Object.fromEntries(types.map((type) => [type, media])) }
}

/** An answer to HEAD has no body. */
function describeAnswers(
  { answers, isStreamed }: Operation,
  { name }: ErrorForm,
  isHead: boolean,
): Members {
  const events = isStreamed && { 'text/event-stream': { schema: { type: 'string' } } }
  const known = Object.entries(answers).map(([status, schema]) => {
    const description = Number(status) < 300 ? 'Done.' : 'Not done.'
    if (schema === null || isHead) return [status, { description }]
    const content = { 'application/json': { schema: toSchema(schema, 'output') }, ...events }
    return [status, { description, content }]
  })
  const failure = { 'application/json': { schema: { $ref: `#/components/schemas/${name}` } } }
  const description = 'Refused or failed.'
  return {
    ...Object.fromEntries(known),
    default: isHead ? { description } : { description, content: failure },
  }
}

/** What JSON Schema cannot say, such as a check of ours, is left out: the rest is still true. */
function toSchema(schema: z.ZodType, io: 'input' | 'output'): Members {
  const { $schema, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' })
  return rest
}
