import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
} from 'yaml'
import type { Env } from '../settings/read-settings-of.ts'

/** A text of a compose file, with its line. */
export type ComposeText = {
  /** `${NAME:-default}` resolved. */
  readonly text: string
  /** What the file itself says: resolved without any variable. */
  readonly written: string
  readonly line: number
}

export type ComposeService = {
  readonly name: string
  /** What it runs, and what it is built from (arguments named `…_IMAGE`). */
  readonly images: readonly ComposeText[]
  /** As they are written: `8443:8443`, `127.0.0.1:80:80/tcp`. */
  readonly ports: readonly ComposeText[]
  readonly networkMode: ComposeText | null
  readonly privileged: ComposeText | null
  readonly volumes: readonly ComposeText[]
  /** By name. */
  readonly environment: ReadonlyMap<string, ComposeText>
}

/** `fault` is set if the file cannot be understood; then it has no services. */
export type ComposeFile = {
  readonly path: string
  readonly services: readonly ComposeService[]
  readonly fault: string | null
}

/** Returns every compose file of the folder, including those for hardware and overrides. */
export async function readComposeFiles(folder: string, env: Env): Promise<ComposeFile[]> {
  const names = (await readdir(folder)).filter((name) =>
    /^(docker-)?compose\b.*\.ya?ml$/.test(name),
  )
  const paths = names.sort().map((name) => join(folder, name))
  return await Promise.all(
    paths.map(async (path) => {
      const text = await readFile(path, 'utf8').catch(() => null)
      if (text === null) return { path, services: [], fault: 'cannot be read' }
      return { path, ...parseCompose(text, env) }
    }),
  )
}

/** `env` has the values of variables: `.env` and the environment. */
export function parseCompose(text: string, env: Env): Omit<ComposeFile, 'path'> {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines })
  if (document.errors.length > 0) return { services: [], fault: 'is not valid YAML' }
  const reader = new Reader(document, { lines, env })
  const services = reader.entries(reader.member(document.contents, 'services'))
  return { services: services.map(([name, node]) => readService(name, node, reader)), fault: null }
}

function readService(name: string, node: unknown, reader: Reader): ComposeService {
  const member = (key: string) => reader.member(node, key)
  const args = reader.texts(reader.member(member('build'), 'args'))
  const image = reader.text(member('image'))
  return {
    name,
    images: [
      ...(image === null ? [] : [image]),
      ...[...args].filter(([key]) => key.endsWith('_IMAGE')).map(([, text]) => text),
    ],
    ports: reader.list(member('ports')),
    networkMode: reader.text(member('network_mode')),
    privileged: reader.text(member('privileged')),
    volumes: reader.list(member('volumes')),
    environment: reader.texts(member('environment')),
  }
}

/** Reads a document with its places, aliases and merged maps. */
class Reader {
  readonly #document: Document
  readonly #lines: LineCounter
  readonly #env: Env

  constructor(document: Document, { lines, env }: { lines: LineCounter; env: Env }) {
    this.#document = document
    this.#lines = lines
    this.#env = env
  }

  /** The entries of a map, its own before those that it merges (`<<`). */
  entries(given: unknown, depth = 0): [string, unknown][] {
    const node = this.#resolve(given)
    if (isSeq(node)) return node.items.flatMap((item) => this.entries(item, depth + 1))
    if (!isMap(node) || depth > 8) return []
    const own = node.items.map(({ key, value }): [string, unknown] => [nameOf(key), value])
    const merged = own.filter(([key]) => key === '<<')
    return [
      ...own.filter(([key]) => key !== '<<'),
      ...merged.flatMap(([, value]) => this.entries(value, depth + 1)),
    ]
  }

  member(node: unknown, name: string): unknown {
    return this.entries(node).find(([key]) => key === name)?.[1] ?? null
  }

  text(given: unknown): ComposeText | null {
    const node = this.#resolve(given)
    const value = isScalar(node) ? String(node.value ?? '') : portOf(node)
    if (value === null) return null
    return {
      text: resolveVariables(value, this.#env),
      written: resolveVariables(value, {}),
      line: this.#lines.linePos((node as Node | null)?.range?.[0] ?? 0).line,
    }
  }

  list(given: unknown): ComposeText[] {
    const node = this.#resolve(given)
    const items = isSeq(node) ? node.items : []
    return items.map((item) => this.text(item)).filter((text) => text !== null)
  }

  /** A map, or a list of `NAME=value`. */
  texts(given: unknown): Map<string, ComposeText> {
    const named = isSeq(this.#resolve(given))
      ? this.list(given).map((entry): [string, ComposeText] => {
          const rest = (text: string) => text.split('=').slice(1).join('=')
          const [name = ''] = entry.text.split('=', 1)
          return [name, { ...entry, text: rest(entry.text), written: rest(entry.written) }]
        })
      : this.entries(given).map(([name, value]) => [name, this.text(value)] as const)
    // An entry of the map itself counts before a merged one.
    return new Map(
      named.toReversed().filter((entry): entry is [string, ComposeText] => entry[1] !== null),
    )
  }

  #resolve(node: unknown): unknown {
    return isAlias(node) ? node.resolve(this.#document) : node
  }
}

const nameOf = (key: unknown) => String(isScalar(key) ? key.value : key)

/** The long form of a port or volume, in the short one. */
function portOf(node: unknown): string | null {
  if (!isMap(node)) return null
  const part = (name: string) => {
    const value = node.get(name)
    return value === undefined ? [] : [String(value)]
  }
  const parts = ['host_ip', 'published', 'source', 'target'].flatMap(part)
  return parts.length === 0 ? null : parts.join(':')
}

/** `${A}`, `${A:-default}`, `${A-default}`, `${A:+other}`, `${A+other}` and `$A`, as compose does. */
function resolveVariables(text: string, env: Env): string {
  const form = /\$\{(\w+)(?:(:?[-?+])([^}]*))?\}|\$(\w+)/g
  return text.replace(form, (_, braced, sign: string | undefined, other, bare) => {
    const value = env[braced ?? bare]
    const isUsed = sign?.startsWith(':') ? (value ?? '') !== '' : value !== undefined
    if (sign?.endsWith('+')) return isUsed ? other : ''
    if (isUsed) return value ?? ''
    return sign?.endsWith('-') ? other : ''
  })
}
