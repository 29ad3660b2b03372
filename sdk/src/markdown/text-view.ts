import { renderBlock } from './render-block.ts'
import { splitBlocks } from './split-blocks.ts'

/** Returns a function that shows a growing text. Blocks that did not change keep their nodes. */
export function createTextView(root: Element): (text: string) => void {
  let shown: readonly string[] = []
  return (text) => {
    const blocks = splitBlocks(text)
    let same = 0
    while (same < shown.length && blocks[same] === shown[same]) same++
    while (root.childNodes.length > same) root.lastChild?.remove()
    root.append(...blocks.slice(same).map((block) => renderBlock(block)))
    shown = blocks
  }
}
