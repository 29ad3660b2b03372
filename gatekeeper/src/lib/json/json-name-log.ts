const listMax = 16

/** More names than any client gives one object; a set of millions would hold up everybody. */
export const jsonNamesMax = 65_536

/** The member names of one object, to find one that stands there twice. Used again and again. */
export class NameLog {
  #list: string[] = []
  #set: Set<string> | null = null

  clear(): void {
    if (this.#list.length > 0) this.#list = []
    this.#set = null
  }

  /** Whether the name was new; null where there are too many. */
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
