import { z } from 'zod'

const word = z.string().min(1).max(200)
const caller = {
  key: word,
  clientAddress: z.string().min(1).max(64),
  requestId: z.string().regex(/^[\w-]{8,64}$/),
}
export const modelsQuestion = z.strictObject(caller)
export const chatQuestion = z.strictObject({
  ...caller,
  service: word,
  // A pattern or a second word would make the token wider than one model.
  model: z
    .string()
    .max(200)
    .regex(/^[^\s*]+$/),
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
export type ChatQuestion = z.output<typeof chatQuestion>

export type ModelsQuestion = z.output<typeof modelsQuestion>
