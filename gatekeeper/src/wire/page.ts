/** Parts that several routes have: lists by `skip` and `take`, and `{success, data}`. */
import { z } from 'zod'

/** A number in a query: digits alone. */
export const count = (max: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/, 'is not a whole number')
    .refine((digits) => Number(digits) <= max, `is more than ${max}`)
    .transform(Number)

/** The fields of a query that choose a part of a list. */
export const pageFields = {
  skip: count(1_000_000).default(0),
  take: count(200).default(50),
}

/** An answer with what was asked for. */
export const success = <T extends z.ZodType>(data: T) =>
  z.strictObject({ success: z.literal(true), data })

const pagination = z.strictObject({ skip: z.int(), take: z.int(), total: z.int() })

/** An answer with a part of a list. */
export const pageOf = <T extends z.ZodType>(item: T) =>
  success(z.array(item)).extend({ pagination })

/** An answer that says in words what was done. */
export const done = z.strictObject({ success: z.literal(true), message: z.string() })
