import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { exitCode, ProblemsError } from '../../gatekeeper/src/lib/problem.ts'
import {
  importPlainKeys,
  type RefusedKey,
} from '../../gatekeeper/src/operations/keys/key-import.ts'
import { UsageError } from '../frame/words.ts'
import type { KeyCommand } from './context.ts'

export const importKeys: KeyCommand = {
  summary: 'hash the keys of a plain map of an older set-up',
  usage: 'FILE',
  options: {},
  help: [
    'FILE is {"KEY": {"user", "service", "created_at"}}; it is not changed. "description", "expires_at"',
    'and "disabled" are imported as well; other members are listed and left out.',
    'Keys that a person chose are refused, because their hash can be guessed; the rest is imported.',
    'Exit code 1 if any was refused.',
  ],
  run: async (words, { file, services, clock, record }) => {
    const [name, ...rest] = words.positionals
    if (name === undefined || rest.length > 0)
      throw new UsageError('name the one FILE to import: npm run keys -- import old-keys.json')
    // npm runs scripts in the folder of package.json, and passes on where the person was.
    const source = resolve(process.env['INIT_CWD'] ?? '.', name)
    const plain = { text: await readPlain(source), source }
    const outcome = await importPlainKeys(file, plain, { clock, known: services, record })
    const { imported, refused, repeatedCount, membersLeft } = outcome
    return {
      code: refused.length === 0 ? exitCode.ok : exitCode.no,
      json: outcome,
      lines: [
        `Imported ${imported.length}, refused ${refused.length}, already there ${repeatedCount}.`,
        ...imported.map(({ id, user, service }) => `  ${id}  (user ${user}, service ${service})`),
        ...refused.map((key) => describeRefused(source, key)),
        ...(refused.length > 0 ? ['Make new keys for these: npm run keys -- add.'] : []),
        ...(membersLeft.length > 0
          ? [`Members that have no meaning here were left out: ${membersLeft.join(', ')}.`]
          : []),
        'The imported keys still work; remove the plain file when nothing reads it any more.',
      ],
    }
  },
}

function describeRefused(source: string, { line, user, service, why }: RefusedKey): string {
  const who = `user ${JSON.stringify(user)}, service ${JSON.stringify(service)}`
  return `${source}:${line}: refused the key of ${who}: it ${why}.`
}

async function readPlain(source: string): Promise<string> {
  try {
    return await readFile(source, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const remedy = 'Name a file that this user can read.'
    throw new ProblemsError([{ source, what: `cannot be read (${code})`, remedy }])
  }
}
