/** The mark of a fence of code, wherever a block begins. */
export const fenceForm: RegExp = /^ {0,3}(`{3,}|~{3,})/
export const itemForm: RegExp = /^( *)([-*+]|\d{1,9}[.)]) +/

type Block = { readonly lines: string[]; readonly kind: string; readonly fence: string }

/**
 * Splits a text into blocks. They end at blank lines, except in a fence of code, and where another
 * kind of block begins: models often leave out the blank line before a list.
 */
export function splitBlocks(text: string): string[] {
  const blocks: Block[] = []
  let open: Block | null = null
  for (const line of text.split('\n')) {
    const fence = fenceForm.exec(line)?.[1] ?? ''
    if (open?.fence) {
      open.lines.push(line)
      if (fence.startsWith(open.fence)) open = null
    } else if (line.trim()) {
      const kind = fence || kindOf(line)
      if (!open || isOtherKind(open, kind)) {
        open = { lines: [], kind, fence }
        blocks.push(open)
      }
      open.lines.push(line)
    } else open = null
  }
  return blocks.map(({ lines }) => lines.join('\n'))
}

const isOtherKind = (open: Block, kind: string): boolean =>
  open.kind === '#' || (kind !== '' && kind !== open.kind)

/** Returns `#`, `>`, `|`, `item`, or nothing for a line that can go on with any block. */
function kindOf(line: string): string {
  if (itemForm.test(line)) return 'item'
  return /^ {0,3}(#|>|\|)/.exec(line)?.[1] ?? ''
}
