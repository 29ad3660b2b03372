import { parseDuration } from '../../gatekeeper/src/lib/duration.ts'
import { formatInstant } from '../../gatekeeper/src/lib/instant.ts'
import { rotateKey } from '../../gatekeeper/src/operations/keys/key-writer.ts'
import { stringOf, UsageError } from '../frame/words.ts'
import type { KeyCommand } from './context.ts'
import { findKey } from './find-key.ts'
import { howToUse } from './how-to-use.ts'

export const rotate: KeyCommand = {
  summary: 'give a key a new secret',
  usage: 'ID [--overlap 24h]',
  options: { overlap: { type: 'string' } },
  help: [
    '--overlap D  how long the old secret still works: 24h, 30m; not at all if not given',
    'Id, user, role, services and expiry stay as they are.',
  ],
  run: async (words, context) => {
    const { id } = await findKey(words, context)
    const { file, services, clock, record, baseUrl } = context
    const overlap = stringOf(words, 'overlap')
    const overlapMs = overlap === undefined ? 0 : parseDuration(overlap)
    if (overlapMs === null) throw new UsageError('--overlap must be a duration such as 24h or 30m')
    const made = await rotateKey(file, { id, overlapMs }, { clock, known: services, record })
    const until = overlapMs === 0 ? null : formatInstant(clock() + overlapMs)
    const old =
      until === null ? 'The old secret stops working.' : `The old one works until ${until}.`
    return {
      json: { ...made, oldWorksUntil: until },
      lines: [`Rotated ${id}. ${old}`, '', ...howToUse(made.key, baseUrl)],
    }
  },
}
