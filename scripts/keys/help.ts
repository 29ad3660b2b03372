import type { Command } from './command.ts'
import { commandAliases, commands } from './commands.ts'
import { formatTable } from './table.ts'

const exitCodes = [
  'Exit codes',
  ...formatTable([
    ['  0', 'done'],
    ['  1', 'no such id; the key or token does not verify; an import refused keys'],
    ['  64', 'the command line is wrong'],
    ['  73', 'the file cannot be written'],
    ['  75', 'another process holds the lock: try again'],
    ['  78', 'a setting or a file is broken; nothing was changed'],
  ]),
]

const everywhere = ['--json  one JSON document on stdout and nothing else', '--help  this text']

export function helpForAll(): string[] {
  const rows = Object.entries(commands).map(([name, { usage, summary }]) => [
    `  ${name} ${usage}`.trimEnd(),
    summary,
  ])
  const aliases = Object.entries(commandAliases).map(([name, own]) => `${name} = ${own}`)
  return [
    'npm run keys -- COMMAND',
    '',
    ...formatTable(rows),
    '',
    ...everywhere.map((line) => `  ${line}`),
    `  Older names: ${aliases.join(', ')}. Each command has a --help of its own.`,
    '',
    ...exitCodes,
  ]
}

export function helpFor(name: string, command: Command): string[] {
  return [
    `npm run keys -- ${name} ${command.usage}`.trimEnd(),
    `  ${command.summary}`,
    '',
    ...command.help.map((line) => `  ${line}`),
    ...everywhere.map((line) => `  ${line}`),
    '',
    ...exitCodes,
  ]
}
