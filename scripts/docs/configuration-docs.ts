import { z } from 'zod'
import { createGatewaySchema } from '../../gatekeeper/src/config/gateway-schema.ts'
import { kinds as shipped } from '../../gatekeeper/src/kinds/kinds.ts'
import type { Kind } from '../../gatekeeper/src/model/kind.ts'
import { renderSettingsTable } from './settings-docs.ts'

/** What we read of a JSON Schema. */
type Schema = {
  readonly type?: string | readonly string[]
  readonly description?: string
  readonly default?: unknown
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly examples?: readonly string[]
  readonly minimum?: number
  readonly maximum?: number
  readonly properties?: Readonly<Record<string, Schema>>
  readonly additionalProperties?: Schema | boolean
  readonly items?: Schema
  readonly anyOf?: readonly Schema[]
  readonly required?: readonly string[]
}

/** The JSON Schema of `gatekeeper.yaml`, for editors. Rules that it cannot say are checked at load. */
export function gatewayJsonSchema(kinds: readonly Kind[] = shipped): Schema {
  return z.toJSONSchema(createGatewaySchema(kinds), {
    io: 'input',
    unrepresentable: 'any',
  }) as Schema
}

export function renderJsonSchema(): string {
  return `${JSON.stringify(gatewayJsonSchema(), null, 2)}\n`
}

/** One member of `gatekeeper.yaml`: `services.NAME.routes[].prefix`. */
export type Member = {
  readonly path: string
  readonly allowed: string
  readonly fallback: string
  readonly description: string | null
}

/** Every member of the schema, in its order. */
export function membersOf(schema: Schema, prefix = ''): Member[] {
  const named = Object.entries(schema.properties ?? {}).flatMap(([name, member]) => {
    const path = prefix === '' ? name : `${prefix}.${name}`
    return [
      describeMember(path, member, schema.required?.includes(name) === true),
      ...below(path, member),
    ]
  })
  return named
}

/** The members of what a member holds: of an object, of each entry of a map, of each item of a list. */
function below(path: string, schema: Schema): Member[] {
  const { additionalProperties: each, items, anyOf = [] } = schema
  return [
    ...membersOf(schema, path),
    ...(typeof each === 'object' ? membersOf(each, `${path}.NAME`) : []),
    ...(items === undefined ? [] : membersOf(items, `${path}[]`)),
    ...anyOf.flatMap((one) => membersOf(one, path)),
  ]
}

function describeMember(path: string, schema: Schema, isRequired: boolean): Member {
  const { default: value, description = null } = schema
  const isPlain =
    value !== undefined && (typeof value !== 'object' || value === null || isFilledList(value))
  const fallback =
    isRequired && value === undefined ? 'required' : isPlain ? `\`${JSON.stringify(value)}\`` : ''
  return { path, allowed: allowedBy(schema), fallback, description }
}

function isFilledList(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0
}

function allowedBy(schema: Schema): string {
  const { anyOf, examples = [], items } = schema
  if (anyOf !== undefined) return [...new Set(anyOf.map(allowedBy))].join(' or ')
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``
  if (schema.enum !== undefined) return schema.enum.map((one) => `\`${one}\``).join(', ')
  if (examples[0] !== undefined) return `such as \`${examples[0]}\``
  const types = [schema.type ?? 'string'].flat().map((type) => typeNames[type] ?? type)
  if (schema.type === 'array' && items !== undefined) return `list of ${allowedBy(items)}`
  return types.join(' or ') + rangeOf(schema)
}

const typeNames: Readonly<Record<string, string>> = {
  string: 'text',
  integer: 'whole number',
  boolean: 'true, false',
  object: 'map',
  array: 'list',
}

function rangeOf({ minimum, maximum }: Schema): string {
  if (maximum === undefined || maximum === Number.MAX_SAFE_INTEGER) {
    return minimum === undefined ? '' : `, ${minimum} or more`
  }
  return minimum === undefined ? `, up to ${maximum}` : `, ${minimum} to ${maximum}`
}

/** `docs/configuration.md`. */
export function renderConfiguration(): string {
  const rows = withRolesOnce(membersOf(gatewayJsonSchema())).map(
    ({ path, allowed, fallback, description }) =>
      `| \`${path}\` | ${allowed.replaceAll('|', '\\|')} | ${fallback} | ${description ?? ''} |`,
  )
  return `${head}
${renderSettingsTable()}

${gatewayHead}
| member | allowed | default | what it sets |
|---|---|---|---|
${rows.join('\n')}
`
}

/** The three roles have the same members. */
function withRolesOnce(members: readonly Member[]): Member[] {
  return members
    .filter(({ path }) => !/^roles\.(?:readwrite|admin)\./.test(path))
    .map((member) => ({
      ...member,
      path: member.path.replace(/^roles\.readonly\./, 'roles.ROLE.'),
    }))
}

const head = `# Configuration

\`npm run docs\` generates this page from the code that reads the settings.

## Settings

Settings are environment variables, or lines of a file \`.env\` beside the README. The environment takes precedence. \`.env.example\` lists all settings. A secret can be in a file: set \`NAME_FILE\` to its path instead of \`NAME\`. All errors are listed with their place and fix, and the service does not start (exit 78).
`

const gatewayHead = `## gatekeeper.yaml

This file has the services, the rights of roles, and the limits. A change takes effect at the next start. All errors are listed with line and fix, and the service does not start. [Adding a service](guides/adding-a-service.md) and [limits](guides/limits.md) explain it with examples. Editors complete and check the file with [its JSON Schema](gatekeeper.schema.json); the first line of the shipped file names it.

\`NAME\` is a name that you choose; \`ROLE\` is readonly, readwrite or admin; \`[]\` is each item of a list.
`
