/** Turns one JSON log line into a line for a person at a terminal. */
export function toPlainLine(json: string): string {
  const { time, level, message, ...rest } = JSON.parse(json) as Record<string, unknown>
  const clock = String(time).slice(11, 19)
  const mark = level === 'info' ? '' : ` ${String(level).toUpperCase()}`
  return `${clock}${mark} ${describe(String(message), rest)}\n`
}

function describe(message: string, rest: Record<string, unknown>): string {
  if (message !== 'decision') return [message, ...members(rest)].join('  ')
  const { outcome, method, path, status, user, principal, reason, durationMs } = rest
  const who = user === undefined ? '' : ` ${user} (${principal})`
  const why = reason === undefined ? '' : ` ${reason}`
  return `${outcome} ${status} ${method} ${path}${who}${why} ${Math.round(Number(durationMs))} ms`
}

function members(rest: Record<string, unknown>): string[] {
  return Object.entries(rest).map(
    ([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  )
}
