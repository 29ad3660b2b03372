/** Where the rules that an explanation names stand in files: with the line, as editors open them. */
import { LineCounter, parseDocument } from 'yaml'
import { placeOf } from '../../config/yaml-place.ts'
import { type JsonPath, locate } from '../../lib/json/json-place.ts'
import type { WrittenPlace } from '../../model/written-place.ts'
import type { Installation } from '../installation.ts'

/** The line is null where the file cannot be read or does not have it. */
export type FoundPlace = {
  readonly file: string
  readonly line: number | null
  /** `services.ollama.origins`; what to look for where the place is no member. */
  readonly member: string
}

export type PlaceFiles = Pick<
  Installation,
  'configFile' | 'file' | 'plainFile' | 'clientsFile' | 'peopleFile' | 'rulesFile'
> & { readonly readText: (path: string) => string }

/** Returns a function that finds places; it reads each file once. */
export function createPlaceFinder(files: PlaceFiles): (place: WrittenPlace) => FoundPlace {
  const kept = new Map<string, string>()
  const readText = (path: string) => {
    const text = kept.get(path) ?? readOr('', path, files)
    kept.set(path, text)
    return text
  }
  return (place) => findPlace(place, { ...files, readText })
}

/** `FILE:LINE member.path`. */
export function describePlace({ file, line, member }: FoundPlace): string {
  return `${line === null ? file : `${file}:${line}`} ${member}`.trimEnd()
}

/** The places as texts, each once. */
export function describePlaces(places: readonly WrittenPlace[], files: PlaceFiles): string[] {
  const find = createPlaceFinder(files)
  return [...new Set(places.map((place) => describePlace(find(place))))]
}

function findPlace({ file, path }: WrittenPlace, files: PlaceFiles): FoundPlace {
  switch (file) {
    case 'endpoints':
      return { file: 'docs/endpoints.md,', line: null, member: 'which lists every endpoint' }
    case 'gateway':
      return located(files.configFile, path, { files, lineOf: lineOfYaml })
    case 'clients':
      return located(files.clientsFile, path, { files, lineOf: lineOfJson })
    case 'people':
      return located(files.peopleFile, path, { files, lineOf: lineOfJson })
    case 'rules':
      return located(files.rulesFile, path, { files, lineOf: lineOfJson })
    default:
      return findKey(path, files)
  }
}

/** A key stands in the key file, or in the plain map of an older set-up, by its text, as no place. */
function findKey(path: WrittenPlace['path'], files: PlaceFiles): FoundPlace {
  const { file: own, plainFile } = files
  const isOwn = files.readText(own).includes(JSON.stringify(path[1] ?? ''))
  if (isOwn || plainFile === null) return located(own, path, { files, lineOf: lineOfJson })
  return { file: `${plainFile},`, line: null, member: `key ${path[1]}` }
}

type Locating = {
  readonly files: PlaceFiles
  readonly lineOf: (text: string, path: WrittenPlace['path']) => number | null
}

function located(
  file: string,
  path: WrittenPlace['path'],
  { files, lineOf }: Locating,
): FoundPlace {
  return { file, line: lineOf(files.readText(file), path), member: path.join('.') }
}

function lineOfYaml(text: string, path: WrittenPlace['path']): number | null {
  const lines = new LineCounter()
  const { contents, errors } = parseDocument(text, { lineCounter: lines })
  return errors.length > 0 || text === '' ? null : placeOf(contents, path, lines).line
}

function lineOfJson(text: string, path: WrittenPlace['path']): number | null {
  try {
    JSON.parse(text)
    return locate(text, path as JsonPath).line
  } catch {
    return null
  }
}

function readOr(fallback: string, file: string, { readText }: PlaceFiles): string {
  try {
    return readText(file)
  } catch {
    return fallback
  }
}
