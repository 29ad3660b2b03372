/**
 * Markdown of answers as DOM nodes, never as HTML: nothing in a text can become an element that is not
 * made here. Images become links, because loading one would tell its host what was asked.
 */

/** Splits a text into blocks that end at blank lines, code fences as a whole. */
export function splitBlocks(text: string): string[] {
  const blocks: string[][] = []
  let open: string[] | null = null
  let fence = ''
  for (const line of text.split('\n')) {
    const mark = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1] ?? ''
    if (fence === '' && line.trim() === '') {
      open = null
      continue
    }
    if (open === null || (fence === '' && mark !== '')) {
      open = []
      blocks.push(open)
    }
    open.push(line)
    if (mark === '') continue
    if (fence === '') fence = mark
    else if (mark.startsWith(fence)) {
      fence = ''
      open = null
    }
  }
  return blocks.map((lines) => lines.join('\n'))
}

const make = (name: string, children: readonly (Node | string)[]): HTMLElement => {
  const node = document.createElement(name)
  node.append(...children)
  return node
}

/** Returns the node of one block. */
export function renderBlock(block: string): HTMLElement {
  const lines = block.split('\n')
  const [first = ''] = lines
  const fence = /^ {0,3}(`{3,}|~{3,})(.*)$/.exec(first)
  if (fence !== null) return renderCode(lines, fence[1] ?? '', (fence[2] ?? '').trim())
  const heading = /^ {0,3}(#{1,6}) +(.*?)#* *$/.exec(first)
  // Headings of an answer are below those of the page.
  if (heading !== null) return renderHeading(heading[2] ?? '', lines.slice(1))
  if (/^ {0,3}([-*_])( *\1){2,} *$/.test(block)) return make('hr', [])
  if (/^ {0,3}>/.test(first)) {
    const inner = lines.map((line) => line.replace(/^ {0,3}> ?/, '')).join('\n')
    return make('blockquote', splitBlocks(inner).map(renderBlock))
  }
  if (itemForm.test(first)) return renderList(lines)
  if (lines.length > 1 && /^ *\|?( *:?-+:? *\|)+ *(:?-+:? *)?$/.test(lines[1] ?? '')) {
    return renderTable(lines)
  }
  return make('p', renderLines(lines))
}

function renderHeading(title: string, rest: readonly string[]): HTMLElement {
  const heading = make('h3', renderInline(title))
  return rest.length === 0 ? heading : make('div', [heading, renderBlock(rest.join('\n'))])
}

function renderCode(lines: readonly string[], fence: string, language: string): HTMLElement {
  const isClosed = lines.length > 1 && (lines.at(-1) ?? '').trimStart().startsWith(fence)
  const code = make('code', [lines.slice(1, isClosed ? -1 : undefined).join('\n')])
  const pre = make('pre', [code])
  // It scrolls, so the keyboard must reach it.
  pre.tabIndex = 0
  if (/^[\w+#-]{1,30}$/.test(language)) pre.dataset['language'] = language
  return pre
}

const itemForm = /^( *)([-*+]|\d{1,9}[.)]) +/

/** A list with the lists within it; deeper lines without a mark go on with their item. */
function renderList(lines: readonly string[]): HTMLElement {
  const [, indent = '', mark = ''] = itemForm.exec(lines[0] ?? '') ?? []
  const isNumbered = /\d/.test(mark)
  const list = make(isNumbered ? 'ol' : 'ul', [])
  if (isNumbered) (list as HTMLOListElement).start = Number.parseInt(mark, 10)
  let item: string[] = []
  const close = () => {
    if (item.length > 0) list.append(renderItem(item))
    item = []
  }
  for (const line of lines) {
    const found = itemForm.exec(line)
    if (found !== null && (found[1] ?? '').length <= indent.length + 1) {
      close()
      item.push(line.slice(found[0].length))
    } else item.push(line)
  }
  close()
  return list
}

function renderItem(lines: readonly string[]): HTMLElement {
  const nested = lines.findIndex((line, at) => at > 0 && itemForm.test(line))
  const own = nested === -1 ? lines : lines.slice(0, nested)
  const item = make('li', renderLines(own.map((line) => line.trim())))
  if (nested !== -1) item.append(renderList(lines.slice(nested)))
  return item
}

function renderTable(lines: readonly string[]): HTMLElement {
  const row = (line: string, name: string) =>
    make(
      'tr',
      line
        .trim()
        .replace(/^\||\|$/g, '')
        .split('|')
        .map((cell) => make(name, renderInline(cell.trim()))),
    )
  const body = lines.slice(2).map((line) => row(line, 'td'))
  const table = make('table', [make('thead', [row(lines[0] ?? '', 'th')]), make('tbody', body)])
  const scroller = make('div', [table])
  scroller.className = 'table'
  scroller.tabIndex = 0
  return scroller
}

/** Lines of a paragraph; chats mean their line ends. */
function renderLines(lines: readonly string[]): (Node | string)[] {
  return lines.flatMap((line, at) =>
    at === 0 ? renderInline(line) : [document.createElement('br'), ...renderInline(line)],
  )
}

const spans: readonly [mark: string, name: string][] = [
  ['**', 'strong'],
  ['__', 'strong'],
  ['~~', 'del'],
  ['*', 'em'],
  ['_', 'em'],
]
const link =
  /!?\[([^[\]]{0,500})\]\(<?([^\s()<>]{1,2000}(?:\([^\s()]{0,500}\)[^\s()<>]{0,500})?)>?(?: "[^"]{0,200}")?\)/y
const address = /https?:\/\/[^\s<>"'`)\]]{1,2000}/y
const plain = /[^\\`*_~![\]h<]+|./suy

/** The signs of a text as nodes. Nested at most as deep as spans can close. */
function renderInline(text: string, depth = 0): (Node | string)[] {
  const nodes: (Node | string)[] = []
  const add = (node: Node | string) => {
    const last = nodes.length - 1
    if (typeof node === 'string' && typeof nodes[last] === 'string') nodes[last] += node
    else nodes.push(node)
  }
  /** Marks that have no end in the rest: not searched again, so that the time stays linear. */
  const lost = new Set<string>()
  for (let at = 0; at < text.length; ) {
    const read = readSpan(text, at, { lost, depth }) ?? readPlain(text, at)
    add(read.node)
    at = read.end
  }
  return nodes
}

type Read = { node: Node | string; end: number }
type Reading = { readonly lost: Set<string>; readonly depth: number }

function readSpan(text: string, at: number, reading: Reading): Read | null {
  if (text[at] === '\\' && /[!-/:-@[-`{-~]/.test(text[at + 1] ?? '')) {
    return { node: text[at + 1] ?? '', end: at + 2 }
  }
  if (text[at] === '`') return readCode(text, at, reading)
  return readLink(text, at) ?? readMarked(text, at, reading)
}

function readPlain(text: string, at: number): Read {
  plain.lastIndex = at
  const node = plain.exec(text)?.[0] ?? ''
  return { node, end: at + node.length }
}

function readCode(text: string, at: number, { lost }: Reading): Read | null {
  let from = at
  while (text[from] === '`') from++
  const marks = text.slice(at, from)
  const end = lost.has(marks) ? -1 : text.indexOf(marks, from)
  if (end === -1) {
    lost.add(marks)
    return { node: marks, end: from }
  }
  return { node: make('code', [text.slice(from, end).trim()]), end: end + marks.length }
}

function readLink(text: string, at: number): Read | null {
  link.lastIndex = at
  const found = link.exec(text)
  if (found !== null) {
    const [whole, label = '', target = ''] = found
    return { node: makeLink(target, label === '' ? target : label), end: at + whole.length }
  }
  address.lastIndex = at
  const [bare] = (/\w/.test(text[at - 1] ?? '') ? null : address.exec(text)) ?? []
  if (bare === undefined) return null
  const target = bare.replace(/[.,;:!?*_~]+$/, '')
  return { node: makeLink(target, target), end: at + target.length }
}

/** Only addresses of the web: `javascript:` and others stay texts. */
function makeLink(target: string, label: string): Node | string {
  if (!/^https?:\/\//i.test(target)) return label
  const anchor = make('a', [label]) as HTMLAnchorElement
  anchor.href = target
  anchor.target = '_blank'
  anchor.rel = 'noopener noreferrer nofollow'
  anchor.referrerPolicy = 'no-referrer'
  return anchor
}

function readMarked(text: string, at: number, { lost, depth }: Reading): Read | null {
  for (const [mark, name] of spans) {
    if (!text.startsWith(mark, at) || lost.has(mark) || depth > 5) continue
    const from = at + mark.length
    // `_` within a word is part of it, and a mark before a blank opens nothing.
    if (/\s|^$/.test(text[from] ?? '') || (mark.startsWith('_') && /\w/.test(text[at - 1] ?? '')))
      continue
    const end = text.indexOf(mark, from + 1)
    if (end === -1) lost.add(mark)
    else if (
      !/\s/.test(text[end - 1] ?? '') &&
      !(mark.startsWith('_') && /\w/.test(text[end + mark.length] ?? ''))
    ) {
      return {
        node: make(name, renderInline(text.slice(from, end), depth + 1)),
        end: end + mark.length,
      }
    }
  }
  return null
}

/** Shows a growing text in an element: blocks that did not change keep their nodes. */
export function createTextView(root: Element): (text: string) => void {
  let shown: string[] = []
  return (text) => {
    const blocks = splitBlocks(text)
    const same = blocks.findIndex((block, at) => block !== shown[at])
    const from = same === -1 ? Math.min(blocks.length, shown.length) : same
    while (root.childNodes.length > from) root.lastChild?.remove()
    root.append(...blocks.slice(from).map(renderBlock))
    shown = blocks
  }
}
