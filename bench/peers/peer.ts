/**
 * Peers are what others would put where the gatekeeper stands, each given the same job by the same
 * Caddy: one good credential, the same application. They are had from package registries with
 * pinned versions, only where `--peers` asks for it.
 */
import type { Child } from '../../gatekeeper/test/support/child.ts'
import type { Undo } from '../front.ts'

export type Log = (line: string) => void

/** What a peer is told of the house that it joins. */
export type PeerSeat = {
  /** A folder of its own, which is removed at the end. */
  readonly folder: string
  /** The key that every row carries. */
  readonly key: string
  /** A program of the peers' that listens there would be reached by nobody else. */
  readonly port: number
  readonly appUrl: string
  readonly undo: Undo
}

/** How Caddy asks a peer, and what the client sends. */
export type PeerDoor = {
  /** As Caddy writes an upstream. */
  readonly address: string
  /** The target of a check; null where the peer relays. */
  readonly checkPath: string | null
  /** Further directives within Caddy's `reverse_proxy`. */
  readonly directives: readonly string[]
  /** The Authorization field of the row's requests; null: the key as Bearer. */
  readonly authorization: string | null
}

export type Peer = {
  /** The row's name. */
  readonly name: string
  readonly what: string
  /** The folder below the cache, which names the version. */
  readonly folder: string
  /** Fills the folder. Throws where that cannot be had here. */
  readonly build: (folder: string, log: Log) => Promise<void>
  /** Only in a network namespace of its own: it listens on every address. */
  readonly listensEverywhere: boolean
  /** Says where it will be, before it runs. */
  readonly door: (seat: PeerSeat) => PeerDoor
  /** Starts it and resolves when it answers. */
  readonly start: (seat: PeerSeat, folder: string) => Promise<Child | null>
}

/** A row that belongs into the table and cannot be measured, with the reason. */
export type Gap = { readonly name: string; readonly why: string }
