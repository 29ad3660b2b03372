import { exitCode } from '../../gatekeeper/src/lib/problem.ts'
import type { Command, Program } from './program.ts'
import { formatTable } from './table.ts'

/** The options that every program has. */
const everywhere = formatTable([
  ['  --json', 'one JSON document on stdout and nothing else'],
  ['  --help', 'this text'],
])

/** Of a program with several commands: the table of them. */
export function helpFor<Context>(program: Program<Context>): string[] {
  const { name, about = [], commands = {}, aliases = {} } = program
  const rows = Object.entries(commands).map(([command, { usage, summary }]) => [
    `  ${command} ${usage}`.trimEnd(),
    summary,
  ])
  const older = Object.entries(aliases).map(([alias, own]) => `${alias} = ${own}`)
  return [
    `npm run ${name} -- COMMAND`,
    ...about.map((line) => `  ${line}`),
    '',
    ...formatTable(rows),
    '',
    ...everywhere,
    `  ${name} COMMAND --help says more about a command.`,
    ...(older.length === 0 ? [] : [`  Older names: ${older.join(', ')}.`]),
    ...exitCodesOf(program),
  ]
}

/** Of one command; `name` is empty if the program has no other. */
export function helpForCommand<Context>(
  program: Program<Context>,
  name: string,
  { usage, summary, help }: Command<Context>,
): string[] {
  const words = `${name} ${usage}`.trim()
  return [
    ['npm run', program.name, ...(words === '' ? [] : ['--', words])].join(' '),
    `  ${summary}`,
    '',
    ...help.map((line) => (line === '' ? line : `  ${line}`)),
    ...everywhere,
    ...exitCodesOf(program),
  ]
}

function exitCodesOf<Context>({ exitCodes }: Program<Context>): string[] {
  const rows = Object.entries(exitCodes).map(([code, meaning]) => [`  ${code}`, meaning])
  const usage = [`  ${exitCode.usage}`, 'the command line is wrong']
  const sorted = [...rows, usage].sort(([one], [other]) => Number(one) - Number(other))
  return ['', 'Exit codes', ...formatTable(sorted)]
}
