const listMax = 16

/**
 * More names than any client puts into one object; a set of millions would block other requests.
 */
export const jsonNamesMax = 65_536

/** Holds the member names of one object, to find duplicates. Reused for the next object. */
export class NameLog {
  #list: string[] = []
  #set: Set<string> | null = null

  clear(): void {
    if (this.#list.length > 0) this.#list = []
    this.#set = null
  }

  /** Returns whether the name was new; null if there are too many names. */
  add(name: string): boolean | null {
    if (this.#set !== null) {
      const { size } = this.#set
      if (size === jsonNamesMax) return null
      return this.#set.add(name).size > size
    }
    if (this.#list.includes(name)) return false
    this.#list.push(name)
    if (this.#list.length > listMax) this.#set = new Set(this.#list)
    return true
  }
}
