/**
 * Reads and changes single members of a normal JSON text (see `json-normal.ts`) by their offsets.
 * The rest of the text is never parsed and written again, so numbers keep their spelling.
 */
import { textEnd } from './json-bytes.ts'
import type { JsonMember } from './json-normal.ts'

/** A normal text whose outermost value is an object, with that object's members. */
export type JsonBody = { readonly bytes: Buffer; readonly members: readonly JsonMember[] }

/**
 * Sets the member at a path of names; `json` is its new text. Missing objects on the way are
 * created.
 */
export type JsonEdit = { readonly path: readonly string[]; readonly json: string }

/**
 * Returns the members of the object that begins at `start` of a normal text; none if the value is
 * not an object.
 */
export function membersOf(bytes: Buffer, start: number): JsonMember[] {
  const members: JsonMember[] = []
  if (bytes[start] !== 0x7b) return members
  let at = start + 1
  while (bytes[at] === 0x22) {
    const nameEnd = textEnd(bytes, at + 1)
    const name = JSON.parse(bytes.toString('utf8', at, nameEnd)) as string
    const valueStart = nameEnd + 1
    const end = valueEnd(bytes, valueStart)
    members.push({ name, start: valueStart, end })
    at = end + 1
  }
  return members
}

/** Returns where the items of a top-level list begin; none if it is missing or not a list. */
export function itemsOf(body: JsonBody, name: string): number[] {
  const found = findMember(body.members, name)
  const items: number[] = []
  if (found === undefined || body.bytes[found.start] !== 0x5b) return items
  for (let at = found.start + 1; at < found.end - 1; at = valueEnd(body.bytes, at) + 1) {
    items.push(at)
  }
  return items
}

/** Returns the offset after the value that begins at `start`. */
function valueEnd(bytes: Buffer, start: number): number {
  let depth = 0
  let at = start
  do {
    const code = bytes[at]
    if (code === 0x22) at = textEnd(bytes, at + 1)
    else {
      if (code === 0x7b || code === 0x5b) depth++
      else if (code === 0x7d || code === 0x5d) depth--
      at++
    }
  } while (depth > 0 || !isAfterValue(bytes[at]))
  return at
}

/** Returns whether a value ends before this byte: a comma or a closing bracket. */
function isAfterValue(code: number | undefined): boolean {
  return code === 0x2c || code === 0x7d || code === 0x5d || code === undefined
}

function findMember(members: readonly JsonMember[], name: string): JsonMember | undefined {
  return members.find((member) => member.name === name)
}

/** Finds a member by its path; undefined if something on the way is missing or not an object. */
function locateMember(body: JsonBody, path: readonly string[]): JsonMember | undefined {
  let members = body.members
  let found: JsonMember | undefined
  for (const name of path) {
    found = findMember(members, name)
    if (found === undefined) return undefined
    members = name === path.at(-1) ? [] : membersOf(body.bytes, found.start)
  }
  return found
}

/** Longer values are not parsed. */
const valueBytesMax = 64 * 1024

/** Stands for a value that exists but is too long to parse. */
export const tooLong: unique symbol = Symbol('too long')

/** Returns the value of a member; undefined if it is missing. */
export function readMember(body: JsonBody, path: readonly string[]): unknown {
  const found = locateMember(body, path)
  if (found === undefined) return undefined
  if (found.end - found.start > valueBytesMax) return tooLong
  return JSON.parse(body.bytes.toString('utf8', found.start, found.end))
}

/** Returns the member names of a top-level object; none if it is missing or not an object. */
export function namesWithin(body: JsonBody, name: string): string[] {
  const found = findMember(body.members, name)
  return found === undefined ? [] : membersOf(body.bytes, found.start).map((member) => member.name)
}

/** Returns the text after all edits, applied in order. */
export function editJson(body: JsonBody, edits: readonly JsonEdit[]): Buffer {
  let { bytes, members } = body
  for (const edit of edits) {
    bytes = setMember(bytes, members, edit)
    members = edits.length > 1 ? membersOf(bytes, 0) : []
  }
  return bytes
}

function setMember(bytes: Buffer, members: readonly JsonMember[], edit: JsonEdit): Buffer {
  const [name = '', ...rest] = edit.path
  const found = findMember(members, name)
  if (found === undefined) {
    const comma = members.length > 0 ? ',' : ''
    const text = `${comma}${JSON.stringify(name)}:${wrap(rest, edit.json)}}`
    return Buffer.concat([bytes.subarray(0, -1), Buffer.from(text)])
  }
  const value = bytes.subarray(found.start, found.end)
  const isObject = value[0] === 0x7b
  const next =
    rest.length > 0 && isObject
      ? setMember(value, membersOf(value, 0), { path: rest, json: edit.json })
      : Buffer.from(wrap(rest, edit.json))
  return Buffer.concat([bytes.subarray(0, found.start), next, bytes.subarray(found.end)])
}

/** Wraps the text of a value in objects for names that do not exist yet. */
function wrap(path: readonly string[], json: string): string {
  return path.reduceRight((text, name) => `{${JSON.stringify(name)}:${text}}`, json)
}

/** Takes members off the top of a body. Changes its bytes in place: a copy could be large. */
export function withoutMembers(
  { bytes, members }: JsonBody,
  isRemoved: (name: string) => boolean,
): JsonBody {
  const kept: JsonMember[] = []
  let [from, to] = [1, 1]
  for (const { name, start, end } of members) {
    if (!isRemoved(name)) {
      if (kept.length > 0) bytes[to++] = 0x2c
      bytes.copyWithin(to, from, end)
      kept.push({ name, start: start - from + to, end: end - from + to })
      to += end - from
    }
    from = end + 1
  }
  bytes[to++] = 0x7d
  return { bytes: bytes.subarray(0, to), members: kept }
}
