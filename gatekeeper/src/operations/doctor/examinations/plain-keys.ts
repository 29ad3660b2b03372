import { locateAll } from '../../../lib/json/json-place.ts'
import { isChosenByPerson } from '../../keys/key-strength.ts'
import type { Examination } from '../examination.ts'
import type { Finding } from '../finding.ts'
import type { KeySet } from '../key-sets.ts'

/**
 * Keys of older installations: that they are stored in clear, and those that people chose and
 * others can guess, by line, user and service.
 */
export const plainKeys: Examination = {
  name: 'plain keys',
  examine: ({ keySets }) =>
    keySets
      .filter(({ file }) => file.form === 'plain map' && file.problems.length === 0)
      .flatMap((set) => [...findPlain(set), ...findChosen(set)]),
}

/** The warning about the whole file, which the service logs too. */
function findPlain({ file }: KeySet): Finding[] {
  return file.warnings
    .filter(({ line }) => line === undefined)
    .map((problem) => ({ level: 'warning', ...problem, control: 'hashed-keys' }))
}

function findChosen({ path, text }: KeySet): Finding[] {
  const entries = Object.entries(JSON.parse(text) as Record<string, Record<string, unknown>>)
  const chosen = entries.filter(([key]) => isChosenByPerson(key))
  const places = locateAll(
    text,
    chosen.map(([key]) => [key]),
  )
  return chosen.map(([, { user, service }], at) => ({
    level: 'error',
    source: path,
    ...(places[at] && { line: places[at].line }),
    what: `the key of user ${JSON.stringify(user)} for ${JSON.stringify(service)} is short or made of words: it can be guessed`,
    remedy: 'Make another: `npm run keys -- add`; then remove this one.',
    control: 'strong-secrets',
  }))
}
