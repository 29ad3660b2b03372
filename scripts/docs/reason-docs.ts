import { bridgeErrorOf } from '../../gatekeeper/src/model/bridge-error.ts'
import {
  googleStatuses,
  type Reason,
  type ReasonRow,
  reasonRow,
  reasons,
} from '../../gatekeeper/src/model/reason.ts'
import { widgetWordOf } from '../../gatekeeper/src/model/widget-word.ts'

/** Returns the entries of `docs/reasons.json`, in the order of the reason table. */
export function listReasons() {
  return (Object.keys(reasons) as Reason[]).map((reason) => describe(reason, reasonRow(reason)))
}

function describe(reason: Reason, row: ReasonRow) {
  const { status, code, type, text } = row
  return {
    reason,
    status,
    code,
    text,
    retryHelps: (status === 429 || status >= 500) && row.isFinal !== true,
    // What Retry-After says if the limit that refused does not say more.
    retryAfterSeconds: row.retryAfterSeconds ?? null,
    forms: {
      openai: { type, code },
      anthropic: { type: row.anthropicType ?? type },
      gemini: { status: googleStatuses[status], reason: code.toUpperCase() },
      oauth: { error: code },
      chat: { error: status === 401 ? 'unauthorized' : code },
      bridge: { error: bridgeErrorOf(reason) },
      widget: { error: widgetWordOf(reason, null) },
    },
    docs: `docs/errors.md#${reason}`,
  }
}

/** `docs/reasons.json`: one line for each reason. */
export function renderReasons(): string {
  const lines = listReasons().map((entry) => `  ${JSON.stringify(entry)}`)
  return `{"version":1,"reasons":[\n${lines.join(',\n')}\n]}\n`
}

const tableStart = '<!-- bridge: written by npm run docs -->\n'
const tableEnd = '<!-- /bridge -->'

/** `docs/errors.md` with the table of the bridge's errors in its place. */
export function renderErrors(page: string): string {
  const [before, after] = [page.indexOf(tableStart), page.indexOf(tableEnd)]
  if (before === -1 || after < before) throw new Error('docs/errors.md has no place for the table')
  return page.slice(0, before + tableStart.length) + renderBridgeTable() + page.slice(after)
}

function renderBridgeTable(): string {
  const rows = new Map<string, string[]>()
  for (const { reason, status, forms } of listReasons()) {
    const key = `| ${status} | \`${forms.bridge.error}\` |`
    rows.set(key, [...(rows.get(key) ?? []), `[\`${reason}\`](#${reason})`])
  }
  const lines = [...rows].sort().map(([key, reasons]) => `${key} ${reasons.join(', ')} |\n`)
  return `| status | \`error\` | reasons |\n|---|---|---|\n${lines.join('')}`
}
