const unitSeconds: Readonly<Record<string, number>> = {
  ns: 1e-9,
  us: 1e-6,
  '\u00b5s': 1e-6,
  '\u03bcs': 1e-6,
  ms: 1e-3,
  s: 1,
  m: 60,
  h: 3600,
}

/**
 * Returns how long a model stays loaded, in seconds, from any spelling that Ollama accepts: a number
 * of seconds, or a duration of Go (`1h30m`, `0.5s`, `0`). A negative one means for ever (Infinity).
 * Null if the value is missing; undefined if it is neither.
 */
export function readKeepAlive(value: unknown): number | null | undefined {
  if (value === undefined || value === null) return null
  const seconds = typeof value === 'number' ? value : readDuration(value)
  if (seconds === undefined || Number.isNaN(seconds)) return undefined
  return seconds < 0 ? Number.POSITIVE_INFINITY : seconds
}

function readDuration(value: unknown): number | undefined {
  if (typeof value !== 'string' || value.length > 100) return undefined
  const text = value.trim()
  if (/^[+-]?(?:\d+\.?\d*|\.\d+)$/.test(text)) return Number(text)
  if (!/^[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|\u00b5s|\u03bcs|ms|s|m|h))+$/.test(text))
    return undefined
  const parts = text.matchAll(/(\d+\.?\d*|\.\d+)([a-z\u00b5\u03bc]+)/g)
  let seconds = 0
  for (const [, amount, unit = ''] of parts) seconds += Number(amount) * (unitSeconds[unit] ?? 0)
  return text.startsWith('-') ? -seconds : seconds
}
