/**
 * The frame of all command lines: reads the words, prints help, results and failures, and sets the
 * exit code. A program with `--json` prints one document on stdout, also when it fails.
 */
import { once } from 'node:events'
import { exitCode, formatProblem, ProblemsError } from '../../gatekeeper/src/lib/problem.ts'
import { helpFor, helpForCommand } from './help.ts'
import { hintAtHyphens, hintAtKey } from './npm-options.ts'
import { commonOptions, parseWords, unknownCommand, wantsJson } from './parse-words.ts'
import type { Command, Failure, Output, Program, Report } from './program.ts'
import { stringOf, UsageError } from './words.ts'

/** Runs the program with the words of this process. Rejects with an error that nobody explains. */
export async function runProgram<Context>(program: Program<Context>): Promise<void> {
  endWithReader()
  const args = process.argv.slice(2)
  const output = createOutput(program.name, wantsJson(args))
  try {
    await finish(await run(program, args, output), output)
  } catch (error) {
    const failure = explain(program, args, error)
    if (failure === null) throw error
    for (const line of failure.lines) output.note(line)
    const json = { error: { code: failure.name, message: failure.lines.join('\n') } }
    await finish({ code: failure.code, json }, output)
  }
}

/**
 * A reader that leaves early (`| head`) has seen enough, which is no failure. Without a listener the
 * error of the pipe would be a fault with a stack.
 */
function endWithReader(): void {
  process.stdout.on('error', ({ code }: NodeJS.ErrnoException) =>
    process.exit(code === 'EPIPE' ? process.exitCode : exitCode.cannotCreate),
  )
  process.stderr.on('error', () => {})
}

function createOutput(name: string, isJson: boolean): Output {
  return {
    isJson,
    say: async (lines) => {
      if (lines.length === 0) return
      if (!process.stdout.write(`${lines.join('\n')}\n`)) await once(process.stdout, 'drain')
    },
    note: (line) => process.stderr.write(`${name}: ${line}\n`),
  }
}

async function run<Context>(
  program: Program<Context>,
  args: readonly string[],
  output: Output,
): Promise<Report> {
  const { command: only, commands = {}, aliases = {} } = program
  if (only !== undefined) return await runCommand(program, ['', only], args, output)
  const [name = '', ...words] = args.filter((word, at) => at > 0 || word !== '--json')
  if (['', '--help', '-h', 'help'].includes(name)) {
    const lines = helpFor(program)
    return { code: args.length === 0 ? exitCode.usage : exitCode.ok, lines, json: lines }
  }
  const own = Object.hasOwn(aliases, name) ? (aliases[name] as string) : name
  const found = Object.hasOwn(commands, own) ? commands[own] : undefined
  if (found === undefined) {
    throw unknownCommand(name, [...Object.keys(commands), ...Object.keys(aliases)])
  }
  return await runCommand(program, [own, found], words, output)
}

async function runCommand<Context>(
  program: Program<Context>,
  [name, command]: readonly [string, Command<Context>],
  args: readonly string[],
  output: Output,
): Promise<Report> {
  const before = name === '' ? [] : [name]
  const options = { ...command.options, ...commonOptions }
  const words = parseWords(args, options, { before })
  if (words.values.help === true) {
    const lines = helpForCommand(program, name, command)
    return { lines, json: lines }
  }
  const isKeyMissing = 'key' in command.options && stringOf(words, 'key') === undefined
  if (isKeyMissing) for (const line of hintAtKey([...before, ...args])) output.note(line)
  return await command.run(words, program.open(output))
}

/** Ends by itself: an exit would cut off what a slow pipe has not taken yet. */
async function finish(report: Report, { isJson, say, note }: Output): Promise<void> {
  const { code = exitCode.ok, lines = [], json, notes = [] } = report
  for (const line of notes) note(line)
  process.exitCode = code
  if (!isJson) await say(lines)
  else if (json !== undefined) await say([JSON.stringify(json, null, 2)])
}

function explain<Context>(
  program: Program<Context>,
  args: readonly string[],
  error: unknown,
): Failure | null {
  if (error instanceof UsageError) {
    const hints = [...hintAtHyphens(args, error), '--help shows what there is.']
    return { code: error.code, name: 'usage', lines: [...error.message.split('\n'), ...hints] }
  }
  if (error instanceof ProblemsError) {
    return { code: exitCode.config, name: 'config', lines: error.problems.map(formatProblem) }
  }
  return program.explain?.(error) ?? null
}
