/**
 * Markdown of answers as DOM nodes, never as HTML: nothing in a text can become an element that is
 * not made here. Images become links, because loading one would tell its host what was asked.
 */
import { make, makeBox } from '../make.ts'
import { createCopyButton } from './copy-button.ts'
import { renderInline } from './render-inline.ts'
import { fenceForm, itemForm, splitBlocks } from './split-blocks.ts'

/** A quote in a quote goes no deeper: one hostile line could hold thousands. */
const depthMax = 4

/** Returns the node of one block. */
export function renderBlock(block: string, depth: number = 0): HTMLElement {
  const lines = block.split('\n')
  const [first = '', second = ''] = lines
  const fence = fenceForm.exec(first)
  if (fence) return renderCode(lines, fence[1] ?? '')
  const title = /^ {0,3}#{1,6} +(.*)/.exec(first)?.[1]
  // Headings of an answer are below those of the page.
  if (title) return make('h3', ...renderInline(title.replace(/ #+ *$/, '')))
  if (/^ {0,3}([-*_])\1\1+ *$/.test(block)) return make('hr')
  if (/^ {0,3}>/.test(first) && depth < depthMax) {
    const quoted = splitBlocks(block.replace(/^ {0,3}> ?/gm, ''))
    return make('blockquote', ...quoted.map((inner) => renderBlock(inner, depth + 1)))
  }
  if (itemForm.test(first)) return renderList(lines)
  if (second.includes('|') && /^[|: -]+$/.test(second)) return renderTable(lines)
  return make('p', ...renderLines(lines))
}

function renderCode([first = '', ...lines]: readonly string[], fence: string): HTMLElement {
  if (lines.at(-1)?.trimStart().startsWith(fence)) lines.pop()
  const code = lines.join('\n')
  const pre = make('pre', make('code', code))
  // It scrolls, so the keyboard must reach it.
  pre.tabIndex = 0
  const language = make('span', /[\w+#-]{1,20}/.exec(first)?.[0] ?? 'code')
  return makeBox('code', makeBox('bar', language, createCopyButton(code)), pre)
}

/** A list with the lists in it. Lines without a mark go on with their item. */
function renderList(lines: readonly string[]): HTMLElement {
  const [, indent = '', mark = ''] = itemForm.exec(lines[0] ?? '') ?? []
  const isNumbered = /\d/.test(mark)
  const list = make(isNumbered ? 'ol' : 'ul')
  if (isNumbered) list.setAttribute('start', mark.slice(0, -1))
  const items: string[][] = []
  for (const line of lines) {
    const found = itemForm.exec(line)
    if (found && (found[1] ?? '').length <= indent.length + 1) {
      items.push([line.slice(found[0].length)])
    } else items.at(-1)?.push(line)
  }
  list.append(...items.map(renderItem))
  return list
}

function renderItem(lines: readonly string[]): HTMLElement {
  const nested = lines.findIndex((line, at) => at && itemForm.test(line))
  const own = nested < 0 ? lines : lines.slice(0, nested)
  const item = make('li', ...renderLines(own.map((line) => line.trim())))
  if (nested > 0) item.append(renderList(lines.slice(nested)))
  return item
}

function renderTable([head = '', , ...rows]: readonly string[]): HTMLElement {
  const row = (line: string, name: 'th' | 'td') => {
    const cells = line
      .trim()
      .replace(/^\||\|$/g, '')
      .split('|')
    return make('tr', ...cells.map((cell) => make(name, ...renderInline(cell.trim()))))
  }
  const body = make('tbody', ...rows.map((line) => row(line, 'td')))
  const scroller = makeBox('table', make('table', make('thead', row(head, 'th')), body))
  scroller.tabIndex = 0
  return scroller
}

/** The lines of a paragraph. In a chat, a line's end is meant. */
function renderLines(lines: readonly string[]): (Node | string)[] {
  return lines.flatMap((line, at) => [...(at ? [make('br')] : []), ...renderInline(line)])
}
