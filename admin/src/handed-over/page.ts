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
