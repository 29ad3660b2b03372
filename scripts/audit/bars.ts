const barChars = 24

/** A bar of at most 24 characters; what is not nothing has at least one. */
export function bar(value: number, most: number): string {
  if (value <= 0 || most <= 0) return ''
  return '█'.repeat(Math.max(1, Math.round((value / most) * barChars)))
}
