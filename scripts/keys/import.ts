import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { exitCode, ProblemsError } from '../../gatekeeper/src/lib/problem.ts'
import {
  importPlainKeys,
  type RefusedKey,
} from '../../gatekeeper/src/operations/keys/key-import.ts'
import { UsageError } from '../words/words.ts'
import type { Command } from './command.ts'

export const importKeys: Command = {
  summary: 'hash the keys of a plain map of an older set-up',
  usage: 'FILE',
  options: {},
  help: [
    'FILE is {"KEY": {"user", "service", "created_at"}}; it is only read. "description", "expires_at"',
    'and "disabled" are taken over as well; other members are listed and left.',
    'Keys that a person chose are refused, since their hash can be guessed; the rest is imported.',
    'Exit code 1 if any was refused.',
  ],
  run: async (words, { file, services, clock, record }) => {
    const [name, ...rest] = words.positionals
    if (name === undefined || rest.length > 0)
      throw new UsageError('name the one FILE to import: npm run keys -- import old-keys.json')
    // npm runs scripts in the folder of package.json, and says where the person was.
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
          ? [`Members that mean nothing here were left: ${membersLeft.join(', ')}.`]
          : []),
        'The imported keys work on; remove the plain file once nothing reads it.',
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
