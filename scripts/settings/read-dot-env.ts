/**
 * Reads a `.env`. Node's parser silently leaves out lines that it does not understand, and without
 * that setting the gateway would listen or decide differently than its owner wrote. So each line is
 * checked first. Values are never repeated.
 */
import { parseEnv } from 'node:util'
import { describeEncoding, readTextFile } from '../../gatekeeper/src/lib/files/text-file.ts'
import type { Problem } from '../../gatekeeper/src/lib/problem.ts'

export type DotEnv = {
  readonly values: Readonly<Record<string, string | undefined>>
  readonly problems: readonly Problem[]
}

/** Reads the file; a file that does not exist sets nothing. */
export function readDotEnv(source: string): DotEnv {
  try {
    const text = readTextFile(source)
    const problems = findUnreadableLines(text).map((problem) => ({ source, ...problem }))
    return { values: parseEnv(text), problems }
  } catch (error) {
    const { code = 'unknown' } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return { values: {}, problems: [] }
    const remedy = 'Make it a file that this user can read, or remove it.'
    const problem = describeEncoding(code) ?? { what: `cannot be read (${code})`, remedy }
    return { values: {}, problems: [{ source, ...problem }] }
  }
}

type LineProblem = Pick<Problem, 'what' | 'remedy'> & { readonly line: number }

const setting = /^\s*(?:export\s+)?[A-Za-z_][A-Za-z0-9_.-]*\s*=[ \t]*(.*)$/

/** Not the end of a line of base64, as in a key. */
const settingWithValue = /^\s*(?:export\s+)?[A-Za-z_]\w*\s*=\s*[^=\s]/

/** Every line that is not a setting, a comment or empty. */
export function findUnreadableLines(text: string): LineProblem[] {
  const lines = text.split(/\r\n|\n|\r/)
  const problems: LineProblem[] = []
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] as string
    if (/^\s*(?:#|$)/.test(line)) continue
    const value = setting.exec(line)?.[1]
    if (value === undefined) {
      problems.push({ line: at + 1, ...describeLine(line) })
      continue
    }
    const end = endOfValue(value, lines, at)
    if (typeof end === 'number') at = end
    else problems.push({ line: at + 1, ...end })
  }
  return problems
}

function describeLine(line: string): Pick<Problem, 'what' | 'remedy'> {
  const what = 'is not a setting'
  const remedy = 'Write NAME=VALUE, such as GATEKEEPER_SITE=localhost; comments begin with #.'
  if (/^\s*(?:set|setx)\s/i.test(line)) return { what, remedy: `Leave out "set". ${remedy}` }
  if (/^\s*\$env:/i.test(line)) return { what, remedy: `Leave out "$env:". ${remedy}` }
  if (/^\s*[A-Za-z_][\w.-]*\s*:/.test(line)) {
    return { what: `${what}: it has a colon where = is needed`, remedy }
  }
  if (/^\s*[A-Za-z_][\w.-]*\s*$/.test(line)) return { what: `${what}: it has no =`, remedy }
  return { what, remedy }
}

const unclosed = {
  what: 'opens a quote that is not closed',
  remedy: 'Close it, or leave the quotes out.',
}

/** The index of the line where the value ends, or what is wrong with it. */
function endOfValue(
  value: string,
  lines: readonly string[],
  start: number,
): number | Pick<Problem, 'what' | 'remedy'> {
  const quote = value[0] ?? ''
  if (!['"', "'", '`'].includes(quote)) return start
  for (let at = start; at < lines.length; at++) {
    const text = at === start ? value.slice(1) : (lines[at] as string)
    // A missing closing quote would hide the settings below it.
    if (at > start && settingWithValue.test(text)) return unclosed
    const close = text.indexOf(quote)
    if (close === -1) continue
    return /^\s*(?:#.*)?$/.test(text.slice(close + 1))
      ? at
      : {
          what: 'has text after the closing quote',
          remedy: 'Put all of the value into the quotes.',
        }
  }
  return unclosed
}
