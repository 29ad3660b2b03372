/**
 * The groups of lines that are counted together: one for each caller, service and model. Their names
 * are in memory alone, and are read again from the usage log, where an erasure replaces them.
 */
import type { DatabaseSync } from 'node:sqlite'
import { type LineNames, readNamesOf } from '../usage-lines.ts'

/** What lines are counted by. */
export type GroupNames = {
  /** `key:ID`, `client:ID`, `app:APP:USER` … */
  readonly key: string
  readonly user: string | null
  readonly service: string
  readonly model: string | null
}

type Group = { readonly id: number; names: GroupNames; lastLine: number }

/** Users of public apps are random, and there is no end of them: they are one. */
const randomUser = /^((?:app:)?[^:]+:anon):[A-Za-z0-9_-]{22}$/
const fold = (name: string) => randomUser.exec(name)?.[1] ?? name

export class KnownGroups {
  readonly #byId = new Map<number, Group>()
  readonly #byNames = new Map<string, Group>()
  #nextId = 1

  /** Returns the names of a group; null if its lines are no longer in the log. */
  namesOf(id: number): GroupNames | null {
    return this.#byId.get(id)?.names ?? null
  }

  /** Returns the group of a line, which may be a new one, and remembers the line. */
  idOf(line: LineNames): number {
    const names = namesIn(line)
    const text = textOf(names)
    let group = this.#byNames.get(text)
    if (group === undefined) {
      group = { id: this.#nextId++, names, lastLine: line.id }
      this.#add(group)
    }
    group.lastLine = line.id
    return group.id
  }

  lastLineOf(id: number): number {
    return this.#byId.get(id)?.lastLine ?? 0
  }

  /** Returns the names of all groups. */
  all(): readonly GroupNames[] {
    return [...this.#byId.values()].map(({ names }) => names)
  }

  /** Reads the stored groups, with the names that the usage log has for them now. */
  async load(database: DatabaseSync, stateDir: string): Promise<void> {
    this.#byId.clear()
    this.#byNames.clear()
    const rows = database.prepare('SELECT id, last_line FROM groups').all()
    const lines = await readNamesOf(
      stateDir,
      rows.map((row) => Number(row['last_line'])),
    )
    this.#nextId = 1
    for (const row of rows) {
      const [id, lastLine] = [Number(row['id']), Number(row['last_line'])]
      this.#nextId = Math.max(this.#nextId, id + 1)
      const line = lines.get(lastLine)
      if (line !== undefined) this.#add({ id, names: namesIn(line), lastLine })
    }
  }

  /**
   * Compares all names with the usage log. Lines of an erased person have another name there; those
   * of a group without its newest line were removed by age.
   */
  async compare(stateDir: string): Promise<void> {
    const groups = [...this.#byId.values()]
    const lines = await readNamesOf(
      stateDir,
      groups.map(({ lastLine }) => lastLine),
    )
    for (const group of groups) {
      const line = lines.get(group.lastLine)
      const names = line === undefined ? null : namesIn(line)
      if (names !== null && textOf(names) === textOf(group.names)) continue
      this.#remove(group)
      if (names !== null) this.#add({ ...group, names })
    }
  }

  #add(group: Group): void {
    this.#byId.set(group.id, group)
    // Two groups may come to have the same names: new lines are counted in one of them.
    if (!this.#byNames.has(textOf(group.names))) this.#byNames.set(textOf(group.names), group)
  }

  #remove(group: Group): void {
    this.#byId.delete(group.id)
    const text = textOf(group.names)
    if (this.#byNames.get(text) === group) this.#byNames.delete(text)
  }
}

function namesIn({ principal_id, user, service, model }: LineNames): GroupNames {
  return { key: fold(principal_id), user: user === null ? null : fold(user), service, model }
}

const textOf = ({ key, user, service, model }: GroupNames) =>
  JSON.stringify([key, user, service, model])
