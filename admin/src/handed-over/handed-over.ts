import { z } from 'zod'
import { type Answer, RefusedError } from './answer.ts'

/**
 * What the gatekeeper states about a request that it admitted (model/handed-over.ts there). It is
 * believed because only the gatekeeper's user can open the socket.
 */
export const handedOver = z.strictObject({
  method: z.string(),
  pattern: z.string(),
  params: z.record(z.string(), z.string()),
  query: z.string(),
  body: z.unknown(),
  principal: z.strictObject({
    id: z.string(),
    kind: z.string(),
    user: z.string(),
    role: z.string(),
    services: z.array(z.string()),
  }),
  clientAddress: z.string(),
  userAgent: z.string().nullable(),
  requestId: z.string(),
})

export type HandedOver = z.infer<typeof handedOver>

/**
 * The functions that answer, by method and pattern of the gatekeeper's row. They throw a RefusedError
 * for a request that they do not accept. The signal says that nobody waits for the answer any more.
 */
export type Routes = Readonly<
  Record<string, (handed: HandedOver, signal: AbortSignal) => Promise<Answer>>
>

/** Returns the body in its schema, or throws a RefusedError that lists what is wrong. */
export function readBody<T>(schema: z.ZodType<T>, { body }: HandedOver): T {
  return read(schema, body)
}

/** Returns the query in its schema, or throws a RefusedError. A field may come once. */
export function readQuery<T>(schema: z.ZodType<T>, { query }: HandedOver): T {
  const fields = [...new URLSearchParams(query)]
  const names = fields.map(([name]) => name)
  const repeated = names.find((name, index) => names.indexOf(name) !== index)
  if (repeated !== undefined) throw new RefusedError(400, 'A query field came more than once.')
  return read(schema, Object.fromEntries(fields))
}

function read<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const details = parsed.error.issues.map(({ path, message }) => ({
    path: path.join('.'),
    message,
  }))
  throw new RefusedError(400, 'The request has members that are missing or not valid.', { details })
}
