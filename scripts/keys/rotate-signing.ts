import { parseDuration } from '../../gatekeeper/src/lib/duration.ts'
import { rotateSigning as rotate } from '../../gatekeeper/src/operations/tokens/rotate-signing.ts'
import { stringOf, UsageError } from '../frame/words.ts'
import type { KeyCommand } from './context.ts'

/** Longer than any cache of our key set, so that every verifier knows the key before it signs. */
const leadMsDefault = 10 * 60_000

export const rotateSigning: KeyCommand = {
  summary: 'begin to sign tokens with a new key',
  usage: '[--lead 10m]',
  options: { lead: { type: 'string' } },
  help: [
    '--lead D  how long the new key is published before it signs; 10m if not given',
    'The old keys verify until their last token has expired. Nobody has to sign in again.',
  ],
  run: async (words, context) => {
    const lead = stringOf(words, 'lead')
    const leadMs = lead === undefined ? leadMsDefault : parseDuration(lead)
    if (leadMs === null) throw new UsageError('--lead must be a duration such as 10m')
    const rotated = await rotate(leadMs, context)
    const { kid, algorithm, signsFrom } = rotated
    const lines = [`The key ${kid} (${algorithm}) is published now and signs from ${signsFrom}.`]
    return { json: rotated, lines }
  },
}
