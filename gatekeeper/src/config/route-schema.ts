import { z } from 'zod'
import { isCanonicalPath } from '../lib/net/path.ts'
import { type CredentialField, credentialFieldNames } from '../model/credential-fields.ts'
import { isUpstreamUrl, parseUpstreamUrl } from './upstream-url.ts'

export const name = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,31}$/, 'must be lower-case letters, digits and hyphens')

/** All of a host is the empty prefix inside: every path continues it with a slash. */
const prefix = z
  .string()
  .refine(
    (text) => text === '/' || (isCanonicalPath(text) && /^\/[a-z0-9._~/-]*[a-z0-9_~-]$/.test(text)),
    'must be a path such as /tts: lower case, no slash at its end',
  )
  .transform((text) => (text === '/' ? '' : text))

const label = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?'
// The last label begins with a letter: otherwise some readers take it for a part of an address.
const hostForm = new RegExp(`^(?:${label}\\.){1,20}(?![0-9])${label}$`)

const host = z
  .string()
  .refine(
    (text) => text.length <= 253 && hostForm.test(text),
    'must be a DNS name of at least two parts such as webui.localhost: lower case, no port, no wildcard, not an address',
  )

/** A path in which `{name}` stands for one segment, and `{+name}` at the end for all that follow. */
export function isPathPattern(text: string): boolean {
  const plain = text.replace(/(?<=\/)\{\+[a-z]+\}$/, 'x').replace(/(?<=\/)\{[a-z]+\}(?=\/|$)/g, 'x')
  return isCanonicalPath(plain) && !plain.includes('*')
}

export const webSocketForm =
  'must be a path such as /ws or /api/kernels/{id}/channels: {id} stands for one segment, {+rest} at the end for all that follow; write it as the service sees it, without a prefix that the route strips'

export const url = z.string().transform((text, context) => {
  const read = parseUpstreamUrl(text)
  if (isUpstreamUrl(read)) return read
  context.addIssue({ code: 'custom', message: `${read.what}. ${read.remedy}` })
  return z.NEVER
})

const credentialField = z.string().transform((text, context): CredentialField => {
  const name = text.toLowerCase()
  const found = credentialFieldNames.find((known) => known === name)
  if (found !== undefined) return found
  const message =
    'must be the field that carries the key: X-API-Key, Authorization, api-key, x-goog-api-key, or Basic (the password that a browser asks for)'
  context.addIssue({ code: 'custom', message })
  return z.NEVER
})

const method = z
  .string()
  .regex(
    /^(?!(?:CONNECT|TRACE)$)[A-Z][A-Z-]{1,19}$/,
    'must be a method in capital letters, such as PUT (CONNECT and TRACE are never let through)',
  )

const methodsForm =
  'must give methods a class, such as methods: {use: [PUT, PATCH, DELETE]}; the classes are read, use and manage'
const methodList = z
  .array(method, 'must be a list of methods, such as [PUT, PATCH, DELETE]')
  .max(50)

export const methods = z.strictObject(
  {
    read: methodList.default([]).describe('Methods that only read'),
    use: methodList.default([]).describe('Methods that use the service'),
    manage: methodList.default([]).describe('Methods that only the role admin may use'),
  },
  { error: (issue) => (issue.code === 'invalid_type' ? methodsForm : undefined) },
)

export const route = z.strictObject({
  host: host
    .optional()
    .describe(
      'Host name of the route, such as `webui.localhost`; without it the route is on the main site',
    ),
  prefix: prefix.describe(
    'Public path of the route: this path and all paths below it. With a `host`, `/` is the whole host',
  ),
  strip: z
    .boolean()
    .default(false)
    .describe('Whether the prefix is removed from the path that the service gets'),
  mode: z
    .enum(['check', 'relay'])
    .optional()
    .describe(
      '`relay`: the gatekeeper reads the body and carries the answer. `check`: Caddy proxies after a yes of the gatekeeper. Default: `check` for kind `http`, else `relay`',
    ),
  browser: z
    .literal('basic')
    .optional()
    .describe('`basic`: pages of this route ask for the key as a password'),
  credentialField: credentialField
    .optional()
    .describe(
      'The one field that carries the key of the caller. All other fields pass to the service',
    ),
})
