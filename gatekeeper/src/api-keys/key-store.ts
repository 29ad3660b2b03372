/**
 * The API keys in use, from one or two files that may change at any time. A file that is invalid at
 * start stops the start; later the last valid set stays in use, and `state()` reports it. Must
 * always have an answer, and never log a key.
 */
import { setImmediate } from 'node:timers/promises'
import type { Clock } from '../lib/clock.ts'
import { type FollowedFile, followFile } from '../lib/files/follow-file.ts'
import { type Problem, ProblemsError } from '../lib/problem.ts'
import type { Timers } from '../lib/timers.ts'
import type { KnownServices } from '../model/known-services.ts'
import type { BoundByMaker } from '../model/person.ts'
import type { Principal } from '../model/principal.ts'
import type { Reason } from '../model/reason.ts'
import { parseInSteps } from './key-file.ts'
import type { KeyFile, KeyRecord } from './key-record.ts'
import { createKeyRing, type KeyRing } from './key-ring.ts'
import { compareKeys, type KeySetChange } from './key-set-change.ts'
import { mergeKeys } from './merge-keys.ts'
import { describeUnreadable } from './unreadable.ts'

type Write = (fields: object, message: string) => void
export type KeyLog = { readonly info: Write; readonly warn: Write; readonly error: Write }

export type KeyStoreDeps = {
  /** Earlier files take precedence. */
  readonly files: readonly string[]
  readonly known: KnownServices
  readonly clock: Clock
  readonly log: KeyLog
  /** Without it every key that a person made is refused. */
  readonly boundByMaker?: BoundByMaker
  readonly timers?: Timers
  /** Called with the changes of a reload, some time after it took effect. */
  readonly onChange?: (change: KeySetChange) => void
  /** The user of the process, for advice on permissions; null if there are none. */
  readonly uid?: number | null
}

export type KeyStore = {
  readonly authenticate: (credential: string) => Principal | Reason
  /** Returns the current state of a key by id. */
  readonly findById: (id: string) => Principal | Reason
  /** Returns the result for the key of an id with its longest-lasting secret. */
  readonly judgeById: (id: string) => Principal | Reason
  /** Returns the id of the person who made the key with this id; null if nobody did. */
  readonly makerOf: KeyRing['makerOf']
  /** Returns whether the text is exactly a key of a plain map. */
  readonly holdsPlain: (text: string) => boolean
  /**
   * The same for one request; null if no plain map is loaded, so that nothing need be searched.
   */
  readonly plainKeyTest: () => ((text: string) => boolean) | null
  readonly state: () => KeyStoreState
  /** Changes after each reload. */
  readonly version: () => number
  /** Ids of the keys that may call the one service and not the other. */
  readonly idsWithOnly: KeyRing['idsWithOnly']
  /** Reads all files now, without waiting for an event. */
  readonly reload: () => Promise<void>
  readonly close: () => void
}

export type KeyStoreState = {
  /** Why the keys in use are not those of the files; empty if they are. */
  readonly degraded: readonly Problem[]
  /** Entries that are valid but probably not intended, such as a service that does not exist. */
  readonly notes: readonly Problem[]
  readonly keys: number
  /** Epoch milliseconds at which the keys in use were read. */
  readonly loadedAt: number
}

/** The content of one file. */
type FileKeys = Pick<KeyFile, 'keys' | 'warnings'>

/** Reads all files. Rejects with a ProblemsError that contains the problems of all of them. */
export async function loadKeyStore(deps: KeyStoreDeps): Promise<KeyStore> {
  const store = new Store(deps)
  const followed = await Promise.all(
    deps.files.map((file) => followKeys(file, { ...deps, onChange: () => store.update(file) })),
  )
  const close = () => {
    for (const file of followed) file.close()
  }
  try {
    store.begin(followed)
  } catch (error) {
    close()
    throw error
  }
  return {
    authenticate: (credential) => store.ring.authenticate(credential, deps.clock()),
    findById: (id) => store.ring.findById(id, deps.clock()),
    judgeById: (id) => store.ring.judgeById(id, deps.clock()),
    makerOf: (id) => store.ring.makerOf(id),
    holdsPlain: (text) => store.ring.holdsPlain(text),
    plainKeyTest: () => (store.ring.hasPlain ? store.ring.holdsPlain : null),
    state: () => store.state(),
    version: () => store.version,
    idsWithOnly: (held, missing) => store.ring.idsWithOnly(held, missing),
    reload: async () => {
      await Promise.all(followed.map((file) => file.reload()))
    },
    close,
  }
}

function followKeys(
  path: string,
  deps: Omit<KeyStoreDeps, 'onChange'> & { readonly onChange: () => void },
): Promise<FollowedFile<FileKeys>> {
  return followFile<FileKeys>({
    path,
    initial: { keys: [], warnings: [] },
    interpret: async (text) => {
      const { keys, problems, warnings } = await parseBetweenRequests(text, path, deps.known)
      if (problems.length > 0) throw new ProblemsError(problems)
      return { keys, warnings }
    },
    absent: () => ({ keys: [], warnings: [absent(path)] }),
    unreadable: (code) => describeUnreadable(path, code, deps.uid ?? process.getuid?.() ?? null),
    onChange: deps.onChange,
    timers: deps.timers,
  })
}

async function parseBetweenRequests(
  text: string,
  source: string,
  known: KnownServices,
): Promise<KeyFile> {
  const steps = parseInSteps(text, source, known)
  for (;;) {
    const step = steps.next()
    if (step.done) return step.value
    await setImmediate()
  }
}

class Store {
  ring: KeyRing = createKeyRing([])
  version = 0
  readonly #deps: KeyStoreDeps
  /** In the order of `deps.files`; empty until all of them are read. */
  #followed: readonly FollowedFile<FileKeys>[] = []
  #conflicts: readonly Problem[] = []
  #records: readonly KeyRecord[] = []
  #loadedAt = 0

  constructor(deps: KeyStoreDeps) {
    this.#deps = deps
  }

  begin(followed: readonly FollowedFile<FileKeys>[]): void {
    this.#followed = followed
    this.#swap()
    const problems = this.#problems()
    if (problems.length > 0) throw new ProblemsError(problems)
    for (const file of followed) this.#warn(file.current())
  }

  /** Applies a file's new state, if it is valid. */
  update(file: string): void {
    const followed = this.#followed[this.#deps.files.indexOf(file)]
    if (followed === undefined) return
    const before = this.#records
    this.#swap()
    void this.#tellChange(before, this.#records)
    const { degraded, keys } = this.state()
    const fields = { file, keys, ...(degraded.length > 0 && { problems: degraded }) }
    if (degraded.length === 0) this.#deps.log.info(fields, 'keys reloaded')
    else this.#deps.log.error(fields, 'keys not reloaded: the last valid keys stay in use')
    if (followed.problems().length === 0) this.#warn(followed.current())
  }

  /** Not awaited: removed keys must stop working at once, and the report can wait. */
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
    const stale = this.#deps.files.filter((_, at) => this.#followed[at]?.isDetached())
    return {
      degraded: [...this.#problems(), ...stale.map(detached)],
      notes: this.#followed.flatMap((file) => file.current().warnings),
      keys: this.ring.size,
      loadedAt: this.#loadedAt,
    }
  }

  #problems(): Problem[] {
    return [...this.#followed.flatMap((file) => file.problems()), ...this.#conflicts]
  }

  /** Replaces the snapshot: no request sees a mixture of old and new keys. */
  #swap(): void {
    const { files, log, clock, boundByMaker } = this.#deps
    const merged = mergeKeys(
      files.map((file, at) => ({ file, keys: this.#followed[at]?.current().keys ?? [] })),
    )
    for (const warning of merged.warnings) log.warn({ ...warning }, 'keys')
    this.#conflicts = merged.problems
    this.#records = merged.keys
    this.ring = createKeyRing(merged.keys, boundByMaker)
    this.version++
    this.#loadedAt = clock()
  }

  #warn({ warnings }: FileKeys): void {
    for (const warning of warnings) this.#deps.log.warn({ ...warning }, 'keys')
  }
}

function detached(source: string): Problem {
  return {
    source,
    what: 'was replaced outside of its mount, so the gatekeeper still reads the old file',
    remedy: 'Mount the folder instead of the single file, then restart.',
  }
}

function absent(source: string): Problem {
  return {
    source,
    what: 'does not exist, so no key is accepted from it',
    remedy: 'Create a key: npm run keys -- add.',
  }
}
