import { createCode } from '../../admin/src/store/codes.ts'
import { type StepUpAct, stepUpActs } from '../../admin/src/store/step-up-acts.ts'
import { formatInstant } from '../../gatekeeper/src/lib/instant.ts'
import { didYouMean } from '../../gatekeeper/src/lib/nearest.ts'
import { showWord, stringOf, UsageError } from '../frame/words.ts'
import { type PeopleCommand, requireNamed, takeWords } from './context.ts'
import { useAdminStore } from './one-time.ts'

export const code: PeopleCommand = {
  summary: 'print a code to type: for a sign-in without passkeys, or to confirm one act',
  usage: 'NAME [--for ACT]',
  options: { for: { type: 'string' }, target: { type: 'string' } },
  help: [
    'NAME         the name of the person who types it',
    `--for ACT    confirms this act instead of signing in: ${stepUpActs.slice(0, 5).join(', ')},`,
    `             ${stepUpActs.slice(5).join(', ')}`,
    '--target ID  the act on this alone, as the console names it',
    'A code works once and for 15 minutes, and ends after five wrong tries. A new one ends the earlier.',
  ],
  run: async (words, context) => {
    const [name] = takeWords(words, 1, 'code NAME')
    const act = stringOf(words, 'for') ?? null
    if (act !== null && !stepUpActs.includes(act as StepUpAct)) {
      throw new UsageError(`--for: there is no act ${showWord(act)}${didYouMean(act, stepUpActs)}`)
    }
    const target = stringOf(words, 'target') ?? null
    if (target !== null && act === null) throw new UsageError('--target needs --for')
    const person = await requireNamed(name, context)
    if (person.disabled) throw new UsageError(`${person.name} is disabled`)
    const use = { person: person.id, act, target }
    await context.record([{ event: 'person.code_made', user: person.name, ...use }])
    const made = await useAdminStore(context, (store) => createCode(store, use, context.clock()))
    const until = formatInstant(made.expiresAt)
    const purpose = act === null ? 'signs in' : `confirms ${act}`
    return {
      json: { name: person.name, act, target, code: made.code, expiresAt: until },
      lines: [made.code],
      notes: [`It ${purpose} as ${person.name}, once, until ${until.slice(11, 16)} UTC.`],
    }
  },
}
