import { join } from 'node:path'
import { LineCounter, parseDocument } from 'yaml'
import type { Settings } from '../../gatekeeper/src/config/read-settings.ts'
import { placeOf } from '../../gatekeeper/src/config/yaml-place.ts'
import { type JsonPath, locate } from '../../gatekeeper/src/lib/json/json-place.ts'
import type { WrittenPlace } from '../../gatekeeper/src/model/written-place.ts'

type Deps = { readonly settings: Settings; readonly readText: (path: string) => string }

/** `FILE:LINE member.path` of each place, as editors open it. */
export function describePlaces(places: readonly WrittenPlace[], deps: Deps): string[] {
  return [...new Set(places.map((place) => describePlace(place, deps)))]
}

function describePlace({ file, path }: WrittenPlace, deps: Deps): string {
  const { settings } = deps
  switch (file) {
    case 'endpoints':
      return 'docs/endpoints.md, which lists every endpoint'
    case 'gateway':
      return located(settings.configFile, path, { ...deps, lineOf: lineOfYaml })
    case 'clients':
    case 'people':
    case 'rules':
      return located(join(settings.keysDir, `${file}.json`), path, { ...deps, lineOf: lineOfJson })
    default:
      return describeKey(path, deps)
  }
}

/** A key stands in the key file, or in the plain map of an older set-up, by its text, as no place. */
function describeKey(path: WrittenPlace['path'], deps: Deps): string {
  const { keysDir, apiKeysFile } = deps.settings
  const own = join(keysDir, 'keys.json')
  const isOwn = readOr('', own, deps).includes(JSON.stringify(path[1] ?? ''))
  if (isOwn || apiKeysFile === null) return located(own, path, { ...deps, lineOf: lineOfJson })
  return `${apiKeysFile}, key ${path[1]}`
}

type Located = Deps & {
  readonly lineOf: (text: string, path: WrittenPlace['path']) => number | null
}

function located(file: string, path: WrittenPlace['path'], deps: Located): string {
  const line = deps.lineOf(readOr('', file, deps), path)
  return `${line === null ? file : `${file}:${line}`} ${path.join('.')}`
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

function readOr(fallback: string, file: string, { readText }: Deps): string {
  try {
    return readText(file)
  } catch {
    return fallback
  }
}
