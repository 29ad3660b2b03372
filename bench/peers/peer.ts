/**
 * Peers are programs that others would use in place of the gatekeeper. Each does the same job for
 * the same Caddy: one valid credential, the same application. They come from package registries
 * with pinned versions, and only with `--peers`.
 */
import type { Child } from '../../gatekeeper/test/support/child.ts'
import type { Undo } from '../front.ts'

export type Log = (line: string) => void

/** What a peer needs to know when it starts. */
export type PeerSlot = {
  /** Its own folder, which is removed at the end. */
  readonly folder: string
  /** The key that every row sends. */
  readonly key: string
  /** A free port for the peer; nothing else listens there. */
  readonly port: number
  readonly appUrl: string
  readonly undo: Undo
}

/** How Caddy calls a peer, and what the client sends. */
export type PeerEntry = {
  /** As Caddy writes an upstream. */
  readonly address: string
  /** The target of a check; null if the peer relays. */
  readonly checkPath: string | null
  /** Further directives for Caddy's `reverse_proxy`. */
  readonly directives: readonly string[]
  /** The Authorization field of the row's requests; null: the key as Bearer. */
  readonly authorization: string | null
}

export type Peer = {
  /** The name of the row. */
  readonly name: string
  readonly what: string
  /** The folder below the cache; it names the version. */
  readonly folder: string
  /** Fills the folder. Throws if that is not possible here. */
  readonly build: (folder: string, log: Log) => Promise<void>
  /** Whether it needs its own network namespace, because it listens on every address. */
  readonly listensEverywhere: boolean
  /** Returns how to reach it, before it runs. */
  readonly entry: (slot: PeerSlot) => PeerEntry
  /** Starts it and resolves when it answers. */
  readonly start: (slot: PeerSlot, folder: string) => Promise<Child | null>
}

/** A row that belongs in the table but cannot be measured, with the reason. */
export type Gap = { readonly name: string; readonly why: string }
