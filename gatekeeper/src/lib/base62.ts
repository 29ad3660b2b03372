const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** Writes a number in base 62 (0-9A-Za-z), filled up with zeros to a fixed length. */
export function toBase62(value: bigint, length: number): string {
  let rest = value
  let text = ''
  while (rest > 0n) {
    text = digits[Number(rest % 62n)] + text
    rest /= 62n
  }
  if (text.length > length) throw new RangeError(`the value needs ${text.length} digits of base 62`)
  return text.padStart(length, '0')
}
