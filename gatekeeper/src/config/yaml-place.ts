import { isMap, type LineCounter, type Node, type ParsedNode } from 'yaml'

/** Returns line and column of the node at the path, or of the nearest existing one above it. */
export function placeOf(
  contents: ParsedNode | null,
  path: readonly PropertyKey[],
  lines: LineCounter,
): { line: number; column: number } {
  let offset = contents?.range[0] ?? 0
  let node: Node | null = contents
  for (const key of path) {
    const pair = isMap(node) ? node.items.find((item) => String(item.key) === String(key)) : null
    const next = pair
      ? pair.value
      : ((node as { get?: (key: PropertyKey, keep: true) => unknown })?.get?.(key, true) ?? null)
    const start = ((pair?.key ?? next) as Node | null)?.range?.[0]
    if (start === undefined) break
    offset = start
    node = (next ?? null) as Node | null
  }
  const { line, col } = lines.linePos(offset)
  return { line, column: col }
}
