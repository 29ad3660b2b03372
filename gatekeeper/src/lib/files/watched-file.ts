import { type FSWatcher, watch } from 'node:fs'
import { basename, dirname } from 'node:path'
import { systemTimers, type Timers } from '../timers.ts'
import { type FileSignature, type FileState, readStable, signatureOf } from './stable-read.ts'

export type WatchedFile = {
  /** The state at the start; every later state goes to the callback. */
  readonly first: FileState
  /** Reads the file now; resolves when the callback has seen the current state. */
  readonly check: () => Promise<void>
  readonly close: () => void
}

const pollMs = 500
const settleMs = 30
/**
 * A file that was written shortly before it was read may be written again within one tick of the
 * file system's clock (2 s on some) without looking changed; so it is read again until it is older
 * than that.
 */
const tickMs = 2000

/**
 * Follows one file, which may not exist yet. Watches the FOLDER, because a file that is replaced by
 * rename loses its watch; and polls, because many mounts deliver no events. The callback gets every
 * state that differs from the one before, one at a time.
 */
export async function watchFile(
  path: string,
  onChange: (state: FileState) => void,
  timers: Timers = systemTimers,
): Promise<WatchedFile> {
  const follower = new Follower(path, onChange, timers)
  const first = await follower.read()
  follower.start()
  return { first, check: () => follower.check(true), close: () => follower.close() }
}

class Follower {
  readonly #path: string
  readonly #onChange: (state: FileState) => void
  readonly #timers: Timers
  #signature: FileSignature | undefined
  #digest = ''
  #running: Promise<void> | null = null
  #isForced = false
  #watcher: FSWatcher | null = null
  #stopPoll = () => {}
  #stopSettling: (() => void) | null = null
  #isClosed = false

  constructor(path: string, onChange: (state: FileState) => void, timers: Timers) {
    this.#path = path
    this.#onChange = onChange
    this.#timers = timers
  }

  /** Reads the file and keeps only a digest, so that no secret stays in memory. */
  async read(): Promise<FileState> {
    const { state, signature, digest } = await readStable(this.#path)
    this.#signature = isYoung(signature) ? undefined : signature
    this.#digest = `${state.kind === 'text' && state.isDetached} ${digest}`
    return state
  }

  start(): void {
    this.#watchFolder()
    this.#stopPoll = this.#timers.every(pollMs, () => {
      this.#watchFolder()
      void this.check(false)
    })
  }

  close(): void {
    this.#isClosed = true
    this.#stopPoll()
    this.#stopSettling?.()
    this.#dropWatcher()
  }

  /** One check at a time. Requests that arrive meanwhile cause one more check. */
  async check(isForced: boolean): Promise<void> {
    this.#isForced ||= isForced
    while (this.#running !== null) await this.#running
    if (this.#isClosed) return
    this.#running = this.#look().finally(() => {
      this.#running = null
    })
    await this.#running
  }

  async #look(): Promise<void> {
    const isForced = this.#isForced
    this.#isForced = false
    if (!isForced && (await signatureOf(this.#path)) === this.#signature) return
    const before = this.#digest
    const state = await this.read()
    if (this.#digest !== before && !this.#isClosed) this.#onChange(state)
  }

  #watchFolder(): void {
    if (this.#watcher !== null || this.#isClosed) return
    try {
      const watcher = watch(dirname(this.#path), { persistent: false })
      // The folder was deleted, or there are too many watches: polling continues and retries.
      watcher.on('error', () => this.#dropWatcher())
      watcher.on('change', (event, name) => this.#hear(event, String(name)))
      this.#watcher = watcher
    } catch {
      this.#watcher = null
    }
  }

  /**
   * A file may be replaced through another name, such as a symbolic link in its path, which creates
   * and deletes names. An event that only reports new content of another name is ignored: the
   * database in the same folder causes one per request, and the poll notices the target of a link.
   */
  #hear(event: string, name: string): void {
    const isOwn = name === basename(this.#path)
    if (isOwn || event !== 'change') this.#settle(isOwn)
  }

  #dropWatcher(): void {
    this.#watcher?.close()
    this.#watcher = null
  }

  /**
   * Waits a moment for the rest of a burst, counted from its first event, because a burst may never
   * end.
   */
  #settle(isForced: boolean): void {
    this.#isForced ||= isForced
    this.#stopSettling ??= this.#timers.after(settleMs, () => {
      this.#stopSettling = null
      void this.check(false)
    })
  }
}

function isYoung(signature: FileSignature): boolean {
  const changedNs = signature?.split(':')[3]
  const changedAt = Number(changedNs ?? 0) / 1_000_000
  return Math.abs(Date.now() - changedAt) < tickMs
}
