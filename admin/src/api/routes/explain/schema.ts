import { z } from 'zod'

const word = z.string().min(1).max(200)

/** A question: as `npm run explain` takes it. Without key and client nobody asks. */
export const question = z
  .strictObject({
    key: word.optional(),
    client: word.optional(),
    method: z.string().regex(/^[A-Za-z]{1,20}$/, 'must be a word of letters, such as GET'),
    path: z
      .string()
      .max(4_000)
      .regex(/^\/[^\s#]*$/, 'must begin with /, such as /ollama/api/tags'),
    host: word.optional(),
    model: word.optional(),
    /** The endpoint that the body names, at `/api/PROVIDER/proxy`. */
    endpoint: word.optional(),
    from: z.union([z.ipv4(), z.ipv6()]).default('127.0.0.1'),
    origin: word.optional(),
  })
  .refine(({ key, client }) => key === undefined || client === undefined, {
    error: 'excludes client',
    path: ['key'],
  })
export type Question = z.output<typeof question>

const place = z.object({ file: z.string(), line: z.number().nullable(), member: z.string() })
const text = z.string().nullable()

export const explained = z.object({
  verdict: z.enum(['allowed', 'refused']),
  status: z.number().nullable(),
  reason: text,
  /** What the caller reads. */
  text,
  check: text,
  limit: text,
  request: z.object({
    ...{ method: z.string(), path: z.string(), point: z.enum(['check', 'relay']) },
    ...{ service: text, route: text, endpoint: text, class: text },
  }),
  caller: z
    .object({
      ...{ id: z.string(), user: z.string(), role: z.string() },
      ...{ services: z.array(z.string()), models: z.array(z.string()) },
    })
    .nullable(),
  checks: z.array(
    z.object({
      ...{ name: z.string(), title: z.string(), needs: z.enum(['head', 'body']) },
      result: z.enum(['pass', 'deny', 'skip']),
      reason: text,
      why: text,
      principal: text,
      place: place.nullable(),
    }),
  ),
  limits: z.array(
    z.object({
      ...{ scope: z.string(), text: z.string(), unit: z.string(), limit: z.number() },
      ...{ used: z.number(), remaining: z.number(), resetsAt: text },
      isRefusing: z.boolean(),
      place: place.nullable(),
    }),
  ),
  /** Where the rules that decided are written. */
  places: z.array(place),
  command: z.string(),
})
export type Explained = z.output<typeof explained>
