/** What the query of a chat asks for; `model` is null where it names none. */
export type ChatQuery = { readonly domain: string; readonly model: string | null }

const names = ['domain', 'model'] as const
const charsMax = 200

/**
 * Reads the query of a chat, or says what of it is not known: other keys, keys that come twice, and
 * values that can be no name. Nothing of a query is ever sent on.
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

/** Somebody's name for something: neither empty nor endless, and all of it can be seen. */
function isName(text: string): boolean {
  return text !== '' && text.length <= charsMax && !/[\p{Cc}\ufffd]/u.test(text)
}
