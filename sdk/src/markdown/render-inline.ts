import { make } from '../make.ts'

/** What a line can hold besides text. Lengths are bounded, so that no text makes a search slow. */
const forms = [
  /\\(?<escaped>[!-/:-@[-`{-~])/,
  /(?<ticks>`+)(?<code>.{1,2000}?)\k<ticks>(?!`)/,
  /!?\[(?<label>[^[\]]{0,500})\]\((?<target>[^\s()]{1,2000}(?:\([^\s()]{0,500}\))?[^\s()]{0,500})(?: "[^"]{0,200}")?\)/,
  /(?<!\w)(?<address>https?:\/\/[^\s<>"'`)\]]{0,2000}[^\s<>"'`)\].,;:!?*_~])/,
  // A mark beside a blank is none, nor is `_` in a word.
  /(?<mark>\*\*|~~|\*|(?<!\w)__?)(?=\S)(?<inner>.{0,500}?\S)\k<mark>(?<!_(?=\w))/,
]
const inline = new RegExp(forms.map(({ source }) => source).join('|'), 'g')

/** Returns the nodes of a line with its marks, links and code. */
export function renderInline(text: string): (Node | string)[] {
  const nodes: (Node | string)[] = []
  let end = 0
  for (const { 0: whole, index, groups = {} } of text.matchAll(inline)) {
    nodes.push(text.slice(end, index), renderFound(groups))
    end = index + whole.length
  }
  return [...nodes, text.slice(end)]
}

function renderFound(found: Readonly<Record<string, string | undefined>>): Node | string {
  const { escaped, code, mark, inner = '', label, address = '', target = address } = found
  if (escaped) return escaped
  if (code) return make('code', code.trim())
  if (!mark) return renderLink(target, label || target)
  const name = mark === '~~' ? 'del' : mark[1] ? 'strong' : 'em'
  return make(name, ...renderInline(inner))
}

/** Only addresses of the web become links: `javascript:` and others stay texts. */
function renderLink(target: string, label: string): Node | string {
  if (!/^https?:\/\//i.test(target)) return label
  const anchor = make('a', label)
  anchor.href = target
  anchor.target = '_blank'
  anchor.rel = 'noopener noreferrer nofollow'
  return anchor
}
