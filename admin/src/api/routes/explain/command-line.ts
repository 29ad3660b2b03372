import type { Question } from './schema.ts'

/** Returns the command that asks the same, to paste into a shell. */
export function commandLine(question: Question): string {
  const { key, client, method, path, host, model, endpoint, from, origin } = question
  const options: readonly (readonly [string, string | undefined])[] = [
    ['--key', key],
    ['--client', client],
    ['--model', model],
    ['--endpoint', endpoint],
    ['--host', host],
    ['--from', from === '127.0.0.1' ? undefined : from],
    ['--origin', origin],
  ]
  const given = options.flatMap(([name, value]) => (value === undefined ? [] : [name, value]))
  const words = ['--live', ...given, method.toUpperCase(), path]
  return `npm run explain -- ${words.map(quote).join(' ')}`
}

function quote(word: string): string {
  return /^[\w./:@%+,=-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}
