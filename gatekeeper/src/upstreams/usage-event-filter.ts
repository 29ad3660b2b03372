/**
 * Hides the one event that we requested and the client did not: OpenAI's last chunk of a stream,
 * with `usage` and no content (`stream_options.include_usage`). All other bytes are forwarded
 * unchanged.
 */
import type { ByteTransform } from '../lib/byte-transform.ts'
import { EventFilter, readEvent } from './event-filter.ts'

export function createUsageEventFilter(): ByteTransform {
  return new EventFilter((event) => (isUsageEvent(event) ? null : event))
}

function isUsageEvent(event: Buffer): boolean {
  // This test excludes most events; only the few candidates are parsed.
  if (!/"usage"\s*:\s*\{/.test(event.toString('latin1'))) return false
  const read = readEvent(event)
  if (read === null) return false
  const { choices, usage } = read
  const isTold = typeof usage === 'object' && usage !== null
  return isTold && Array.isArray(choices) && choices.every(isEmptyChoice)
}

/** LiteLLM adds an empty choice. */
function isEmptyChoice(choice: unknown): boolean {
  if (typeof choice !== 'object' || choice === null) return false
  const { delta = {}, text = '', finish_reason: reason = null } = choice as Record<string, unknown>
  const isSilent = typeof delta === 'object' && Object.values(delta ?? {}).every((one) => !one)
  return isSilent && text === '' && reason === null
}
