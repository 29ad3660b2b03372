import { JsonTokens, token } from './json-scan.ts'

/** A place in a text, as editors count: lines from 1, columns from 1 in UTF-16 units. */
export type Place = { readonly line: number; readonly column: number }

/** Steps from the top level: member names, and list indices from 0. */
export type JsonPath = readonly (string | number)[]

/** The place of an offset; both CR LF and LF end a line. */
export function placeAt(text: string, offset: number): Place {
  let line = 1
  let lineStart = 0
  for (let at = text.indexOf('\n'); at !== -1 && at < offset; at = text.indexOf('\n', at + 1)) {
    line++
    lineStart = at + 1
  }
  return { line, column: offset - lineStart + 1 }
}

/** An object or list that contains the current position. */
type Frame = {
  readonly isObject: boolean
  /** Names seen so far; only collected if the caller looks for duplicates. */
  readonly names: Set<string>
  /** The member or element at the current position. */
  step: string | number
  isName: boolean
}

type Visit = {
  readonly name?: (frame: Frame, frames: readonly Frame[], offset: number) => void
  readonly value?: (frames: readonly Frame[], offset: number) => void
}

/** Walks every member name and every value. The text must have passed `JSON.parse`. */
function walk(text: string, visit: Visit): void {
  const tokens = new JsonTokens(text)
  const frames: Frame[] = []
  for (let kind = tokens.next(); kind !== token.end; kind = tokens.next()) {
    const frame = frames.at(-1)
    if (kind === token.closeObject || kind === token.closeList) frames.pop()
    else if (kind === token.comma) advance(frame)
    else if (frame?.isName) {
      enter(frame, tokens.decode())
      visit.name?.(frame, frames, tokens.start)
    } else if (kind !== token.colon) {
      visit.value?.(frames, tokens.start)
      if (kind === token.openObject || kind === token.openList) frames.push(open(kind))
    }
  }
}

function pathOf(frames: readonly Frame[]): JsonPath {
  return frames.map((frame) => frame.step)
}

function enter(frame: Frame, name: string): void {
  frame.step = name
  frame.isName = false
}

function open(kind: number): Frame {
  const isObject = kind === token.openObject
  return { isObject, names: new Set(), step: isObject ? '' : 0, isName: isObject }
}

function advance(frame: Frame | undefined): void {
  if (frame?.isObject) frame.isName = true
  else if (frame) frame.step = (frame.step as number) + 1
}

/** A member whose name already occurs in its object, and where the second one is. */
export type DuplicateName = { readonly path: JsonPath; readonly offset: number }

/** Returns every repeated member name at every depth. The text must have passed `JSON.parse`. */
export function findDuplicateNames(text: string): DuplicateName[] {
  const found: DuplicateName[] = []
  walk(text, {
    name: (frame, frames, offset) => {
      const name = frame.step as string
      if (frame.names.has(name)) found.push({ path: pathOf(frames), offset })
      frame.names.add(name)
    },
  })
  return found
}

/**
 * Finds the places of many values in one walk; if a value does not exist, the place of the nearest
 * one around it. Of repeated members the last counts, as for `JSON.parse`.
 */
export function locateAll(text: string, paths: readonly JsonPath[]): Place[] {
  // A path is keyed by its JSON, and so is each prefix of it.
  const offsets = new Map<string, number>()
  for (const path of paths) {
    for (let steps = 0; steps <= path.length; steps++) {
      offsets.set(JSON.stringify(path.slice(0, steps)), 0)
    }
  }
  const stepsMax = Math.max(0, ...paths.map((path) => path.length))
  walk(text, {
    value: (frames, offset) => {
      // Not deeper than requested: a text of nothing but brackets would take quadratic time.
      if (frames.length > stepsMax) return
      const key = JSON.stringify(pathOf(frames))
      if (offsets.has(key)) offsets.set(key, offset)
    },
  })
  return paths.map((path) => placeAt(text, nearestOffset(path, offsets)))
}

function nearestOffset(path: JsonPath, offsets: ReadonlyMap<string, number>): number {
  for (let steps = path.length; steps > 0; steps--) {
    const offset = offsets.get(JSON.stringify(path.slice(0, steps))) ?? 0
    if (offset > 0) return offset
  }
  return offsets.get('[]') ?? 0
}

/** The place of one value, for an error message; see `locateAll`. */
export function locate(text: string, path: JsonPath): Place {
  return locateAll(text, [path])[0] as Place
}
