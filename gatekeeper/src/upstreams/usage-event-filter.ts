/**
 * Hides the one event that we asked for and the client did not: OpenAI's last chunk of a stream, with
 * `usage` and no word of an answer (`stream_options.include_usage`). Every other byte passes as it
 * came.
 */
import type { ByteTransform } from '../lib/byte-transform.ts'
import { EventFilter, readEvent } from './event-filter.ts'

export function createUsageEventFilter(): ByteTransform {
  return new EventFilter((event) => (isUsageEvent(event) ? null : event))
}

function isUsageEvent(event: Buffer): boolean {
  // Most events are told by this alone; only the few that may be it are parsed.
  if (!/"usage"\s*:\s*\{/.test(event.toString('latin1'))) return false
  const read = readEvent(event)
  if (read === null) return false
  const { choices, usage } = read
  const isTold = typeof usage === 'object' && usage !== null
  return isTold && Array.isArray(choices) && choices.every(isEmptyChoice)
}

/** LiteLLM sends a choice along that says nothing. */
function isEmptyChoice(choice: unknown): boolean {
  if (typeof choice !== 'object' || choice === null) return false
  const { delta = {}, text = '', finish_reason: reason = null } = choice as Record<string, unknown>
  const isSilent = typeof delta === 'object' && Object.values(delta ?? {}).every((one) => !one)
  return isSilent && text === '' && reason === null
}
