import type { Balance, OpenReservation, SettledRequest } from './usage-journal.ts'

/** What a journal writes; operations are written in order. */
export type Operation =
  | { readonly kind: 'open'; readonly reservation: OpenReservation }
  | { readonly kind: 'record'; readonly settled: SettledRequest }
  /** Cancels an open reservation whose request will not be forwarded. */
  | { readonly kind: 'cancel'; readonly id: string }
  /** Charges whose log line had to be dropped. */
  | { readonly kind: 'charge'; readonly charges: readonly Balance[] }
  /** Gives the calls of a principal another name, which says nothing about it. */
  | { readonly kind: 'rename'; readonly from: string; readonly to: string }
