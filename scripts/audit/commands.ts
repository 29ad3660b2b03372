import { formatTable } from '../keys/table.ts'
import type { AuditCommand } from './command.ts'
import { exportHeads } from './export.ts'
import { query } from './query.ts'
import { report } from './report.ts'
import { tail } from './tail.ts'
import { verify } from './verify.ts'

const commands: Readonly<Record<string, AuditCommand>> = {
  ...{ verify, tail, query, report, export: exportHeads },
}

export const commandNames = Object.keys(commands)

export function findCommand(name: string): AuditCommand | null {
  return Object.hasOwn(commands, name) ? (commands[name] as AuditCommand) : null
}

export function helpForAll(): string[] {
  const rows = Object.entries(commands).map(([name, { summary }]) => [`  ${name}`, summary])
  return [
    'npm run audit -- COMMAND',
    '  What was recorded, and whether it still is as it was. Works while the gatekeeper runs.',
    '',
    ...formatTable(rows),
    '',
    '--json gives every answer to programs; COMMAND --help says more.',
    '',
    'Exit codes',
    ...formatTable([
      ['  0', 'done; nothing is wrong'],
      ['  1', 'verify: something was changed; query: nothing was found'],
      ['  64', 'the command line is wrong'],
      ['  69', 'files cannot be read'],
      ['  78', 'a setting, or a file that was named, is wrong'],
    ]),
  ]
}

export function helpFor(name: string, { summary, usage, help }: AuditCommand): string[] {
  return [`npm run audit -- ${name} ${usage}`, `  ${summary}`, '', ...help]
}
