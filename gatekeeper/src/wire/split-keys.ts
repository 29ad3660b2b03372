/** Bodies and answers of `/api/split-key`. */
import { z } from 'zod'
import { isVisibleAscii } from '../lib/net/fields.ts'
import { splitKeyIdForm, splitKeyTextCharsMax, splitKeyTextForm } from '../model/split-key-form.ts'
import { done, success } from './page.ts'

/** A key of a provider, to be split. */
export const newSplitKey = z.strictObject({
  originalKey: z
    .string()
    .refine(
      (text) => isVisibleAscii(text) && text.length >= 8 && text.length <= 512,
      'must be 8 to 512 visible characters',
    ),
  apiProvider: z.string(),
  keyId: z.string().regex(splitKeyIdForm, 'must be 8 to 40 letters, digits, _ or -').optional(),
  description: z
    .string()
    .max(splitKeyTextCharsMax)
    .regex(splitKeyTextForm, 'has control characters')
    .nullish(),
})

/** The part of a key that its user holds. */
export const shownPart = z.strictObject({ clientPart: z.string().max(200) })

/** A key that was split just now, with what only its user gets. */
export const splitAnswer = z.strictObject({
  success: z.literal(true),
  message: z.string(),
  data: z.strictObject({
    keyId: z.string(),
    apiProvider: z.string(),
    clientPart: z.string(),
    algorithm: z.literal('AES-256-GCM'),
    createdAt: z.string(),
    instructions: z.string(),
  }),
})

const splitKey = z.strictObject({
  keyId: z.string(),
  apiProvider: z.string(),
  description: z.string().nullable(),
  version: z.int(),
  isActive: z.boolean(),
  useCount: z.int(),
  lastUsedAt: z.string().nullable(),
  createdAt: z.string(),
})

export const splitKeyAnswer = success(splitKey)
export const splitKeysAnswer = success(z.array(splitKey))
export const splitKeyRemoved = done
export const splitKeyTried = z.strictObject({ valid: z.boolean(), keyId: z.string() })
