/**
 * Reads the words of every command line here. All errors are listed together.
 * Must never repeat a value, which may be a pasted key.
 */
import { type ParseArgsOptionsConfig, parseArgs } from 'node:util'
import { didYouMean } from '../../gatekeeper/src/lib/nearest.ts'
import { describeTaken, findTaken, type NpmSource, npmSource } from './npm-options.ts'
import { showWord, UsageError } from './words.ts'

export const commonOptions = {
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const

/**
 * Reads words. Throws a UsageError, also when npm has taken options for itself because the two
 * hyphens before them are missing. `before` is the name of the command, for the message.
 */
export function parseWords<Options extends ParseArgsOptionsConfig>(
  args: readonly string[],
  options: Options,
  { before = [], npm = npmSource() }: { before?: readonly string[]; npm?: NpmSource } = {},
) {
  const given = [...args, ...addTaken(args, options, { before, npm })]
  const { tokens } = parseArgs({
    ...{ args: given, options, allowPositionals: true, strict: false, tokens: true },
  })
  const faults = tokens.flatMap((token, at) =>
    token.kind === 'option' ? judge(token, tokens.slice(0, at), options) : [],
  )
  if (faults.length > 0) throw new UsageError([...new Set(faults)].join('\n'))
  return parseArgs({ args: given, options, allowPositionals: true, strict: true })
}

/** `--json` only changes the form of the answer; every other option that npm took is refused. */
function addTaken(
  args: readonly string[],
  options: ParseArgsOptionsConfig,
  { before, npm }: { before: readonly string[]; npm: NpmSource },
): string[] {
  const taken = findTaken(args, options, npm)
  if (taken.length === 0) return []
  if (taken.every(({ name }) => name === 'json')) return ['--json']
  throw new UsageError(describeTaken([...before, ...args], taken, npm))
}

type OptionToken = {
  readonly name: string
  readonly rawName: string
  readonly value?: string | undefined
  readonly inlineValue?: boolean | undefined
}

function judge(
  { name, rawName, value, inlineValue }: OptionToken,
  earlier: readonly { readonly kind: string; readonly name?: string }[],
  options: ParseArgsOptionsConfig,
): string[] {
  const option = Object.hasOwn(options, name) ? options[name] : undefined
  if (option === undefined) return [describeUnknown(rawName, options)]
  if (option.type === 'boolean') {
    return inlineValue === true ? [`${rawName} takes no value: write it alone`] : []
  }
  if (value === undefined || value === '') return [`${rawName} needs a value after it`]
  if (value.startsWith('-') && inlineValue !== true && value !== '-') {
    return [`${rawName} needs a value after it; one that begins with a hyphen: --${name}=-x`]
  }
  const isRepeated = earlier.some((token) => token.kind === 'option' && token.name === name)
  return isRepeated && option.multiple !== true ? [`--${name} is given twice: keep one`] : []
}

function describeUnknown(rawName: string, options: ParseArgsOptionsConfig): string {
  const names = Object.keys(options)
  // A key may have been pasted after two hyphens: it is longer than any option.
  if (!/^--?[A-Za-z][A-Za-z0-9-]{0,29}$/.test(rawName)) {
    return `there is no such option; there are ${spell(names)}`
  }
  const meant = rawName.length > 2 ? didYouMean(rawName.replace(/^-+/, ''), names) : ''
  const hint = meant.replace('mean ', 'mean --')
  return `there is no option ${rawName}${hint || `; there are ${spell(names)}`}`
}

const spell = (names: readonly string[]) => names.map((name) => `--${name}`).join(', ')

/** The error for a command that does not exist. */
export function unknownCommand(name: string, known: readonly string[]): UsageError {
  const meant = didYouMean(name, known) || `; there are ${known.join(', ')}`
  const shown = showWord(name)
  return new UsageError(`there is no command ${shown}${meant}`)
}

/** Whether the answer is wanted as one JSON document, also when the other words cannot be read. */
export function wantsJson(args: readonly string[], npm: NpmSource = npmSource()): boolean {
  const options = { json: { type: 'boolean' } } as const
  return args.includes('--json') || findTaken(args, options, npm).length > 0
}
