const unitMs: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 7 * 86_400_000,
}

/**
 * Reads `90s`, `15m`, `24h`, `30d`, `2w` as milliseconds; null if the text is not a duration, or is
 * zero.
 */
export function parseDuration(text: string): number | null {
  const [, count, unit] = /^([1-9]\d{0,5})([smhdw])$/.exec(text) ?? []
  return count === undefined || unit === undefined ? null : Number(count) * (unitMs[unit] as number)
}
