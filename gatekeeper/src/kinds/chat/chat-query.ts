/** The query of a chat. `model` is null if it names none. */
export type ChatQuery = { readonly domain: string; readonly model: string | null }

const names = ['domain', 'model'] as const
const charsMax = 200

/**
 * Returns the query of a chat, or its unknown parts: other keys, repeated keys, and values that are
 * not names. Nothing of a query is forwarded.
 */
export function readChatQuery(query: string): ChatQuery | { readonly unknown: readonly string[] } {
  const fields = new URLSearchParams(query)
  const others = [...new Set(fields.keys())].filter((key) => !names.some((name) => name === key))
  const odd = names.flatMap((name) => {
    const values = fields.getAll(name)
    if (values.length > 1) return [`${name} (twice)`]
    return values.every(isName) ? [] : [`${name}=${values[0]}`]
  })
  const unknown = [...others, ...odd]
  if (unknown.length > 0) return { unknown }
  return { domain: fields.get('domain') ?? 'general', model: fields.get('model') }
}

/** Whether a text can be a name: not empty, not long, without control characters. */
function isName(text: string): boolean {
  return text !== '' && text.length <= charsMax && !/[\p{Cc}\ufffd]/u.test(text)
}
