/**
 * The API keys in force, over one or two files that may change at any time. A file that is broken
 * at start stops the start; later the last good set stays in force, and `state()` says so. Must
 * never be without an answer, and never log a key.
 */
import { setImmediate } from 'node:timers/promises'
import type { Clock } from '../lib/clock.ts'
import type { FileState } from '../lib/files/stable-read.ts'
import { type WatchedFile, watchFile } from '../lib/files/watched-file.ts'
import { type Problem, ProblemsError } from '../lib/problem.ts'
import type { Timers } from '../lib/timers.ts'
import type { Principal } from '../model/principal.ts'
import type { Reason } from '../model/reason.ts'
import { parseInSteps, parseKeyFile } from './key-file.ts'
import type { KeyRecord, KnownServices } from './key-record.ts'
import { createKeyRing, type KeyRing } from './key-ring.ts'
import { compareKeys, type KeySetChange } from './key-set-change.ts'
import { mergeKeys } from './merge-keys.ts'
import { describeUnreadable } from './unreadable.ts'

type Write = (fields: object, message: string) => void
export type KeyLog = { readonly info: Write; readonly warn: Write; readonly error: Write }

export type KeyStoreDeps = {
  /** Earlier files count before later ones. */
  readonly files: readonly string[]
  readonly known: KnownServices
  readonly clock: Clock
  readonly log: KeyLog
  readonly timers?: Timers
  /** Told what a reload changed, some time after it is in force. */
  readonly onChange?: (change: KeySetChange) => void
  /** The user that the process runs as, for advice on permissions; null where there are none. */
  readonly uid?: number | null
}

export type KeyStore = {
  readonly authenticate: (credential: string) => Principal | Reason
  /** The key of an id as it stands now. */
  readonly findById: (id: string) => Principal | Reason
  /** Whether the text is, exactly, a key of a plain map. */
  readonly holdsPlain: (text: string) => boolean
  /** The same for one request; null where no plain map is loaded, and nothing need be looked at. */
  readonly plainKeyTest: () => ((text: string) => boolean) | null
  readonly state: () => KeyStoreState
  /** Another number after each change. */
  readonly version: () => number
  /** Ids of the keys that may call the one service and not the other. */
  readonly idsWithOnly: KeyRing['idsWithOnly']
  /** Looks at all files now, without waiting for an event. */
  readonly reload: () => Promise<void>
  readonly close: () => void
}

export type KeyStoreState = {
  /** Why what is in force is not what the files say; empty where all is well. */
  readonly degraded: readonly Problem[]
  /** What the files say and was hardly meant, such as a service that does not exist. */
  readonly notes: readonly Problem[]
  readonly keys: number
  /** Epoch milliseconds at which the set in force was read. */
  readonly loadedAt: number
}

/** What is known of one file: its last good keys, and why there are no newer ones. */
type Source = {
  readonly keys: readonly KeyRecord[]
  readonly problems: readonly Problem[]
  readonly warnings: readonly Problem[]
  /** Its next version will not be seen, though this one is good. */
  readonly isDetached: boolean
}

/** Reads all files. Rejects with a ProblemsError that holds what is wrong in any of them. */
export async function loadKeyStore(deps: KeyStoreDeps): Promise<KeyStore> {
  const store = new Store(deps)
  const watched = await Promise.all(
    deps.files.map((file) => watchFile(file, (state) => store.update(file, state), deps.timers)),
  )
  const close = () => {
    for (const file of watched) file.close()
  }
  try {
    store.begin(watched)
  } catch (error) {
    close()
    throw error
  }
  return {
    authenticate: (credential) => store.ring.authenticate(credential, deps.clock()),
    findById: (id) => store.ring.findById(id, deps.clock()),
    holdsPlain: (text) => store.ring.holdsPlain(text),
    plainKeyTest: () => (store.ring.hasPlain ? store.ring.holdsPlain : null),
    state: () => store.state(),
    version: () => store.version,
    idsWithOnly: (held, missing) => store.ring.idsWithOnly(held, missing),
    reload: async () => {
      await Promise.all(watched.map((file) => file.check()))
      await store.settled()
    },
    close,
  }
}

class Store {
  ring: KeyRing = createKeyRing([])
  version = 0
  readonly #deps: KeyStoreDeps
  readonly #sources = new Map<string, Source>()
  #conflicts: readonly Problem[] = []
  #records: readonly KeyRecord[] = []
  #updates: Promise<void> = Promise.resolve()
  #loadedAt = 0

  constructor(deps: KeyStoreDeps) {
    this.#deps = deps
  }

  begin(watched: readonly WatchedFile[]): void {
    const { files } = this.#deps
    files.forEach((file, at) => {
      // A change may have come in between the reading and now; it is the newer one.
      if (this.#sources.has(file)) return
      this.#keep(file, this.#interpret(file, (watched[at] as WatchedFile).first))
    })
    this.#swap()
    const problems = this.#problems()
    if (problems.length > 0) throw new ProblemsError(problems)
    this.#warn(files)
  }

  /** Takes a file's new state over, as far as it is good; one after the other, as they came. */
  update(file: string, state: FileState): void {
    const report = ({ name }: Error) =>
      this.#deps.log.error({ file, fault: name }, 'keys not reloaded: the last good ones stay')
    // A fault must not end the row: the next state may be the one that revokes a key.
    this.#updates = this.#updates.then(() => this.#apply(file, state)).catch(report)
  }

  /** Resolves when every state that came in so far is taken over. */
  settled(): Promise<void> {
    return this.#updates
  }

  async #apply(file: string, state: FileState): Promise<void> {
    this.#keep(file, await this.#interpretInSteps(file, state))
    if (this.#sources.size < this.#deps.files.length) return
    const before = this.#records
    this.#swap()
    void this.#tellChange(before, this.#records)
    const { degraded, keys } = this.state()
    const fields = { file, keys, ...(degraded.length > 0 && { problems: degraded }) }
    if (degraded.length === 0) this.#deps.log.info(fields, 'keys reloaded')
    else this.#deps.log.error(fields, 'keys not reloaded: the last good ones stay')
    this.#warn([file])
  }

  /** Never waited for: what is removed must be out at once, and told of when there is time. */
  async #tellChange(before: readonly KeyRecord[], after: readonly KeyRecord[]): Promise<void> {
    if (this.#deps.onChange === undefined) return
    const steps = compareKeys(before, after)
    for (;;) {
      const step = steps.next()
      if (step.done) return this.#deps.onChange(step.value)
      await setImmediate()
    }
  }

  state(): KeyStoreState {
    const stale = [...this.#sources].filter(([, source]) => source.isDetached)
    return {
      degraded: [...this.#problems(), ...stale.map(([file]) => detached(file))],
      notes: [...this.#sources.values()].flatMap(({ warnings }) => warnings),
      keys: this.ring.size,
      loadedAt: this.#loadedAt,
    }
  }

  #problems(): Problem[] {
    const broken = [...this.#sources.values()].flatMap((source) => source.problems)
    return [...broken, ...this.#conflicts]
  }

  async #interpretInSteps(file: string, state: FileState): Promise<Source> {
    if (state.kind !== 'text') return this.#interpret(file, state)
    const steps = parseInSteps(state.text, file, this.#deps.known)
    for (;;) {
      const step = steps.next()
      if (step.done) return { ...step.value, isDetached: state.isDetached }
      await setImmediate()
    }
  }

  #keep(file: string, source: Source): void {
    // The other file goes on being reloaded: a key that is removed there must stop working.
    const lastGood = this.#sources.get(file)?.keys ?? []
    this.#sources.set(file, source.problems.length === 0 ? source : { ...source, keys: lastGood })
  }

  #interpret(file: string, state: FileState): Source {
    const none: Source = { keys: [], problems: [], warnings: [], isDetached: false }
    switch (state.kind) {
      case 'text':
        return { ...parseKeyFile(state.text, file, this.#deps.known), isDetached: state.isDetached }
      case 'absent':
        return { ...none, warnings: [absent(file)] }
      default: {
        const uid = this.#deps.uid ?? process.getuid?.() ?? null
        return { ...none, problems: [describeUnreadable(file, state.code, uid)] }
      }
    }
  }

  /** One snapshot for another: no request ever sees half of the old and half of the new keys. */
  #swap(): void {
    const { files, log, clock } = this.#deps
    const merged = mergeKeys(
      files.map((file) => ({ file, keys: this.#sources.get(file)?.keys ?? [] })),
    )
    for (const warning of merged.warnings) log.warn({ ...warning }, 'keys')
    this.#conflicts = merged.problems
    this.#records = merged.keys
    this.ring = createKeyRing(merged.keys)
    this.version++
    this.#loadedAt = clock()
  }

  #warn(files: readonly string[]): void {
    for (const file of files) {
      for (const warning of this.#sources.get(file)?.warnings ?? []) {
        this.#deps.log.warn({ ...warning }, 'keys')
      }
    }
  }
}

function detached(source: string): Problem {
  return {
    source,
    what: 'was replaced outside of its mount, and what is read here is the old file',
    remedy: 'Mount the folder instead of the single file, then restart.',
  }
}

function absent(source: string): Problem {
  return {
    source,
    what: 'does not exist, so that no key of it is accepted until it does',
    remedy: 'Make a key: npm run keys -- add.',
  }
}
