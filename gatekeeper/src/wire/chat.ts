/** Queries, bodies and answers of the domain chat. */
import { z } from 'zod'

const name = z.string().min(1).max(200)
export const chatQuery = z.strictObject({ domain: name.optional(), model: name.optional() })

const message = z.strictObject({ role: z.enum(['user', 'assistant']), content: z.string().min(1) })

/** The messages, or one text of the user. */
export const chatBody = z.strictObject({
  messages: z.union([z.array(message).min(1).max(1_000), z.string().min(1)]),
  stream: z.boolean().optional(),
})

export const chatAnswer = z.looseObject({
  choices: z.array(z.looseObject({ message: z.looseObject({ content: z.string().nullable() }) })),
})
