import { isObject } from '../lib/json/is-object.ts'
import { redactText, type Violation } from './judge-texts.ts'

/**
 * Returns a copy of the messages with the violations replaced, which are of texts in these messages;
 * null if one of them cannot be redacted.
 */
export function redactMessages(
  messages: readonly unknown[],
  violations: readonly Violation[],
): unknown[] | null {
  const byPath = Map.groupBy(violations, ({ path }) => path)
  let isWhole = true
  const redact = (value: unknown, path: string): unknown => {
    if (typeof value === 'string') {
      const found = byPath.get(path)
      const redacted = found === undefined ? value : redactText(value, found)
      isWhole &&= redacted !== null
      return redacted
    }
    if (Array.isArray(value)) return value.map((one, at) => redact(one, `${path}[${at}]`))
    if (!isObject(value)) return value
    const members = Object.entries(value).map(([name, member]) => [
      ...[name, redact(member, `${path}.${name}`)],
    ])
    return Object.fromEntries(members)
  }
  const copy = messages.map((message, at) => redact(message, `messages[${at}]`))
  return isWhole ? copy : null
}
