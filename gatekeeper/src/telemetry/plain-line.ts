/** Turns one JSON log line into a line for a person at a terminal. */
export function toPlainLine(json: string): string {
  const { time, level, message, ...rest } = JSON.parse(json) as Record<string, unknown>
  const clock = String(time).slice(11, 19)
  const mark = level === 'info' ? '' : ` ${String(level).toUpperCase()}`
  return `${clock}${mark} ${describe(String(message), rest).replace(control, escapeControl)}\n`
}

function describe(message: string, rest: Record<string, unknown>): string {
  if (message !== 'decision') return [message, ...members(rest)].join('  ')
  const { outcome, method, path, status, user, principal, reason, durationMs } = rest
  const who = user === undefined ? null : `${user} (${principal})`
  const took = typeof durationMs === 'number' ? `${Math.round(durationMs)} ms` : null
  return [outcome, status, method, path, who, reason, took]
    .filter((part) => part !== undefined && part !== null)
    .join(' ')
}

// What a client writes must not move the cursor, colour the screen or begin a line of its own.
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones to replace
const control = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g
const escapeControl = (char: string) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`

function members(rest: Record<string, unknown>): string[] {
  return Object.entries(rest).map(
    ([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  )
}
