import { z } from 'zod'

const word = z.string().min(1).max(200)

export const modelsQuestion = z.strictObject({ key: word })

/** A chat with the rights of a key. */
export const chatQuestion = z.strictObject({
  key: word,
  service: word,
  model: z
    .string()
    .max(200)
    .regex(/^[^\s*]+$/, 'must be the name of one model'),
  messages: z
    .array(
      z.strictObject({
        role: z.enum(['system', 'user', 'assistant']),
        content: z.string().max(400_000),
      }),
    )
    .min(1)
    .max(200),
  maxTokens: z.number().int().min(1).max(1_000_000).optional(),
  temperature: z.number().min(0).max(2).optional(),
})

export const models = z.object({
  /** `path` is where clients send the chat. */
  items: z.array(z.object({ model: z.string(), service: z.string(), path: z.string() })),
  /** Services whose list of models this key cannot read, with the reason. */
  faults: z.array(z.object({ service: z.string(), text: z.string() })),
})

/** What the gatekeeper says where it does not answer the question. */
export const refusal = z.object({ text: z.string().max(1_000) })
