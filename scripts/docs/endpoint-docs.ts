import { chat } from '../../gatekeeper/src/kinds/chat/chat.ts'
import { kinds as shipped } from '../../gatekeeper/src/kinds/kinds.ts'
import { own } from '../../gatekeeper/src/kinds/own/own.ts'
import type { Endpoint } from '../../gatekeeper/src/model/endpoint.ts'
import type { Kind } from '../../gatekeeper/src/model/kind.ts'

const intro = `# Endpoints

<!-- Made by npm run docs from gatekeeper/src/kinds; a test holds it current. -->

What each kind of service has, without the prefix of its route. **What is not listed does not exist**: it is 404 in the form that the clients of that service read, and nothing is sent on. Kind \`http\` has no table: there the method decides, on every path.

*open*: any valid key, and nobody at all where the service says \`anonymous: true\` · *read*: every role · *use*: readwrite and admin · *manage*: admin · *never*: nobody.

Model: where its name stands, which decides for keys with \`models\`. Stream: how the answer comes, and which member asks for it (\`*\`: unless that says no). Usage: whose form the counts of tokens have. A *filtered* list names the caller's own models only.
`

/** docs/endpoints.md: every row of every kind. */
export function renderEndpoints(kinds: readonly Kind[] = shipped): string {
  const sections = [...kinds, own, chat].flatMap(({ title, rows }) =>
    rows === null ? [] : [`## ${title}`, '', ...head, ...merge(rows).map(renderRow), ''].join('\n'),
  )
  return `${intro}\n${sections.join('\n')}`
}

const head = [
  '| method | path | class | body | model | stream | usage |',
  '|---|---|---|---|---|---|---|',
]

/** One line for all methods of a path that differ in nothing else. */
function merge(rows: readonly Endpoint[]): Endpoint[] {
  const merged = new Map<string, Endpoint>()
  for (const row of rows) {
    const key = JSON.stringify({ ...row, method: '' })
    const known = merged.get(key)
    merged.set(key, known ? { ...row, method: `${known.method}, ${row.method}` } : row)
  }
  return [...merged.values()]
}

function renderRow(row: Endpoint): string {
  const cells = [
    row.method,
    `\`${row.pattern}\``,
    row.class,
    row.body === 'none' ? '' : row.body,
    describeModel(row),
    describeStream(row),
    row.listsModels ? 'filtered' : (row.usage?.name ?? ''),
  ]
  return `| ${cells.join(' | ')} |`
}

function describeModel({ model }: Endpoint): string {
  if (model.in === 'none') return ''
  return model.in === 'body' ? model.members.map((name) => `\`${name}\``).join(', ') : model.in
}

function describeStream({ stream }: Endpoint): string {
  if (stream.form === 'none') return ''
  const asked = stream.by === null ? '' : ` by \`${stream.by}\``
  return `${stream.form}${asked}${stream.by !== null && stream.isDefault ? ' \\*' : ''}`
}
