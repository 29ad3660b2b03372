import { z } from 'zod'

/** A text of a file as `parse` reads it; a problem with this message if `parse` returns null. */
export function parsedText<Value>(parse: (text: string) => Value | null, message: string) {
  return z.string().transform((text, context): Value => {
    const parsed = parse(text)
    if (parsed !== null) return parsed
    context.addIssue({ code: 'custom', message })
    return z.NEVER
  })
}
