import { isBorder } from '../characters.ts'
import type { Found } from '../finding.ts'

const octet = '(?:25[0-5]|2[0-4]\\d|1?\\d?\\d)'
const version4 = new RegExp(`${octet}(?:\\.${octet}){3}`, 'g')
/** Candidates alone: `isVersion6` decides. */
const version6 = /[0-9a-f:][0-9a-f:.]{1,44}/gi

/** Finds IP addresses of both versions. Numbers of versions with more parts are none. */
export function findIpAddresses(text: string): Found<'ip_address'>[] {
  const four = [...text.matchAll(version4)].flatMap(({ 0: match, index }) =>
    isAlone(text, index, index + match.length) ? [found(index, match.length, 0.9)] : [],
  )
  if (!text.includes(':')) return four
  const six = [...text.matchAll(version6)].flatMap(({ 0: match, index }) => {
    const candidate = match.replace(/[.:]$/, (end) => (match.endsWith('::') ? end : ''))
    const isWhole = isBorder(text, index - 1) && isBorder(text, index + candidate.length)
    return isWhole && isVersion6(candidate) ? [found(index, candidate.length, 1)] : []
  })
  return [...six, ...four]
}

const found = (start: number, length: number, confidence: number) =>
  ({ type: 'ip_address', start, end: start + length, confidence }) as const

function isAlone(text: string, start: number, end: number): boolean {
  const before = text.slice(Math.max(0, start - 2), start)
  return (
    isBorder(text, start - 1) &&
    isBorder(text, end) &&
    !/\d\.$/.test(before) &&
    !/^\.\d/.test(text.slice(end, end + 2))
  )
}

/** RFC 4291 §2.2: eight groups, or fewer with one `::`; the last two may be of version 4. */
function isVersion6(text: string): boolean {
  const [left = '', right, more] = text.split('::')
  if (more !== undefined) return false
  const groups = [...groupsOf(left), ...groupsOf(right ?? '')]
  const last = groups.at(-1) ?? ''
  const isMixed = last.includes('.')
  if (isMixed && !new RegExp(`^${octet}(?:\\.${octet}){3}$`).test(last)) return false
  const plain = isMixed ? groups.slice(0, -1) : groups
  if (!plain.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return false
  const count = plain.length + (isMixed ? 2 : 0)
  // `::` alone, and what a programmer writes around it (`a::b`), is no address that anybody has.
  return right === undefined ? count === 8 : count < 8 && /\d/.test(text)
}

const groupsOf = (text: string) => (text === '' ? [] : text.split(':'))
