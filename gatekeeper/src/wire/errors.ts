/** Error bodies, by dialect (`http/error-response.ts` renders them). */
import { z } from 'zod'
import type { Dialect } from '../model/endpoint.ts'

const described = z.looseObject({
  error: z.string(),
  error_description: z.string(),
})

/** The name of a schema in the document, and the schema. */
export const errorForms = {
  bridge: {
    name: 'BridgeError',
    schema: z.looseObject({ error: z.string(), message: z.string() }),
  },
  oauth: { name: 'OAuthError', schema: described },
  chat: { name: 'ChatError', schema: described.extend({ request_id: z.string().optional() }) },
  openai: {
    name: 'Error',
    schema: z.looseObject({
      type: z.literal('error'),
      error: z.looseObject({
        message: z.string(),
        type: z.string(),
        param: z.string().nullable(),
        code: z.string().nullable(),
      }),
    }),
  },
} as const satisfies Partial<Record<Dialect, { name: string; schema: z.ZodType }>>

/** Returns the form of the errors of a dialect; all others have the one of OpenAI. */
export function errorFormOf(dialect: Dialect): (typeof errorForms)[keyof typeof errorForms] {
  const own = Object.entries(errorForms).find(([name]) => name === dialect)
  return own?.[1] ?? errorForms.openai
}
