import { open } from 'node:fs/promises'
import { resolve } from 'node:path'
import { describePerson } from '../../admin/src/store/forget-person.ts'
import { exportPerson } from '../../gatekeeper/src/operations/people/export-person.ts'
import { stringOf } from '../frame/words.ts'
import { type PeopleCommand, readName } from './context.ts'
import { useExistingStore } from './one-time.ts'

export const exportData: PeopleCommand = {
  summary: 'write everything that is stored about a user, as JSON',
  usage: 'NAME [--output FILE]',
  options: { output: { type: 'string' } },
  help: [
    'NAME            the name of the user at its keys, or APP:USER',
    '--output FILE   write to a new file and not to stdout (with npm: npm run --silent people -- …)',
    'docs/compliance.md lists the members. The export is recorded in the audit (data.exported).',
  ],
  run: async (words, context) => {
    const lines = exportPerson(readName(words), context, {
      describeSignin: (id) => useExistingStore(context, (store) => describePerson(store, id)),
    })
    const output = stringOf(words, 'output')
    if (output === undefined) {
      for await (const line of lines) await context.say([line])
      return {}
    }
    const file = await open(resolve(context.base, output), 'wx', 0o600)
    try {
      for await (const line of lines) await file.write(`${line}\n`)
    } finally {
      await file.close()
    }
    return {}
  },
}
