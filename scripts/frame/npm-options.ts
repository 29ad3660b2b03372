/**
 * Options that npm keeps for itself. With `npm run keys add --user eve` the script gets `add eve`, and
 * npm 10 and 11 put `npm_config_user=true` in the environment (npm 12 refuses such a line itself).
 * Settings from npm's own files have the same names there, so none of them ever has an effect:
 * they are only used to say what to type instead.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ParseArgsOptionsConfig } from 'node:util'
import { scrubKeys } from '../../gatekeeper/src/model/key-shape.ts'

type Env = Readonly<Record<string, string | undefined>>

export type NpmSource = {
  readonly env: Env
  /** The text of a file; null if it cannot be read. */
  readonly readFile: (path: string) => string | null
}

export const npmSource = (): NpmSource => ({
  env: process.env,
  readFile: (path) => {
    try {
      return readFileSync(path, 'utf8')
    } catch {
      return null
    }
  },
})

/** An option of ours that npm took; `values` has null for each value that npm left as a word. */
export type TakenOption = { readonly name: string; readonly values: readonly (string | null)[] }

/** Returns the options that npm took; none when a word begins with a hyphen, since `--` was there. */
export function findTaken(
  args: readonly string[],
  options: ParseArgsOptionsConfig,
  npm: NpmSource,
): TakenOption[] {
  if (!isWithoutHyphens(args, npm.env)) return []
  const own = namesOfFiles(npm)
  return Object.entries(options).flatMap(([name, option]) => {
    const isOff = name.startsWith('no-')
    const spellings = [isOff ? name.slice(3) : name, ...(option.short ? [option.short] : [])]
    const given = spellings.flatMap((word) => settingOf(word, npm.env, own) ?? [])
    if (option.type === 'boolean') {
      const wanted = isOff ? '' : 'true'
      return given.includes(wanted) ? [{ name, values: [] }] : []
    }
    const values = given.flatMap((text) => text.split('\n\n')).filter((text) => text !== '')
    return values.length === 0
      ? []
      : [{ name, values: values.map((text) => (text === 'true' ? null : text)) }]
  })
}

/** Whether npm runs this program, without a word that begins with a hyphen. */
export function isWithoutHyphens(args: readonly string[], env: Env): boolean {
  return scriptOf(env) !== null && !args.some((word) => word.startsWith('-'))
}

function scriptOf(env: Env): string | null {
  const script = env['npm_lifecycle_event']
  return script !== undefined && env['npm_config_user_agent'] !== undefined ? script : null
}

function settingOf(word: string, env: Env, own: ReadonlySet<string>): string | undefined {
  const name = word.replaceAll('-', '_')
  // A variable that the person exported has the same name; the one in capitals shows the difference.
  if (own.has(name) || env[`NPM_CONFIG_${name.toUpperCase()}`] !== undefined) return undefined
  return env[`npm_config_${name}`] ?? abbreviationOf(name, env)
}

/** npm 11 reads an option that it does not know as the beginning of one of its own: --by, bypass-2fa. */
function abbreviationOf(name: string, env: Env): string | undefined {
  if (name.length < 2) return undefined
  const isOwn = (other: string) => other.startsWith(`npm_config_${name}`) && env[other] === 'true'
  return Object.keys(env).some(isOwn) ? 'true' : undefined
}

/** Names in a .npmrc of the project, the user or the machine. */
function namesOfFiles({ env, readFile }: NpmSource): ReadonlySet<string> {
  const project = env['npm_config_local_prefix']
  const files = [
    project === undefined ? undefined : join(project, '.npmrc'),
    env['npm_config_userconfig'],
    env['npm_config_globalconfig'],
  ]
  const lines = files.flatMap((path) => (path ? (readFile(path) ?? '') : '').split(/\r?\n/))
  const names = lines.flatMap((line) => /^\s*([\w-]+)(?:\[\])?\s*(?:=|$)/.exec(line)?.[1] ?? [])
  return new Set(names.map((name) => name.replaceAll('-', '_')))
}

const taken = 'npm took'

/** The message for options that npm took, with the line to type. */
export function describeTaken(
  words: readonly string[],
  options: readonly TakenOption[],
  { env }: NpmSource,
): string {
  const names = options.map(({ name }) => `--${name}`).join(', ')
  const missing = options.flatMap(({ values }) => values).filter((value) => value === null).length
  const cut = Math.max(words.length - missing, 0)
  const rest = words.slice(cut)
  const spelled = options.flatMap(({ name, values }) =>
    values.length === 0
      ? [`--${name}`]
      : values.flatMap((value) => [`--${name}`, quote(value ?? rest.shift() ?? 'VALUE')]),
  )
  const line = [lineStart(env), ...words.slice(0, cut).map(quote), ...spelled].join(' ')
  return [
    `${taken} ${names} for itself, because the two hyphens before the options are missing. Type:`,
    `  ${line}`,
    ...(missing > 1 ? ['npm does not say which value belongs to which option: check them.'] : []),
  ].join('\n')
}

/**
 * npm takes `--key ada` with its value and leaves no trace, so the command would run for all keys.
 * Returns a hint if nothing shows that the two hyphens were there.
 */
export function hintAtKey(args: readonly string[], env: Env = process.env): string[] {
  if (!isWithoutHyphens(args, env)) return []
  const line = [lineStart(env), ...args.map(quote), '--key ID'].join(' ')
  return [`no --key arrived here; if you wrote one, npm took it: ${line}`]
}

/** Returns a hint for a line that cannot be read, when npm may have taken the missing part. */
export function hintAtHyphens(
  args: readonly string[],
  { message }: { readonly message: string },
  env: Env = process.env,
): string[] {
  if (!isWithoutHyphens(args, env) || message.startsWith(taken)) return []
  const words = args.filter((word) => word.length <= 30).map(quote)
  const line = [lineStart(env), ...words, '--OPTION VALUE'].join(' ')
  return [`npm keeps options for itself unless two hyphens stand before them: ${line}`]
}

const lineStart = (env: Env) => `npm run ${scriptOf(env)} --`

function quote(word: string): string {
  const shown = word.length > 100 ? 'VALUE' : scrubKeys(word).replace(/[\p{Cc}\p{Cf}]/gu, '?')
  return /^[\w@%+=:,./-]+$/.test(shown) ? shown : `'${shown.replaceAll("'", "'\\''")}'`
}
