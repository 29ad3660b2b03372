import {
  googleStatuses,
  type Reason,
  type ReasonRow,
  reasonRow,
  reasons,
} from '../../gatekeeper/src/model/reason.ts'

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
    },
    docs: `docs/errors.md#${reason}`,
  }
}

/** `docs/reasons.json`: one line for each reason. */
export function renderReasons(): string {
  const lines = listReasons().map((entry) => `  ${JSON.stringify(entry)}`)
  return `{"version":1,"reasons":[\n${lines.join(',\n')}\n]}\n`
}
