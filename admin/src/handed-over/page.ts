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

type Page = { readonly skip: number; readonly take: number }

/** Returns the part of a list that is asked for, with its place in the whole. */
export function describePage<Item>(
  all: readonly Item[],
  { skip, take }: Page,
  describe: (item: Item) => object,
): object {
  const data = all.slice(skip, skip + take).map(describe)
  return { success: true, data, pagination: { skip, take, total: all.length } }
}
