import type { Balance, OpenReservation, SettledRequest } from './usage-journal.ts'

/** What a journal is asked to write; operations are written in the order in which they came. */
export type Operation =
  | { readonly kind: 'open'; readonly reservation: OpenReservation }
  | { readonly kind: 'record'; readonly settled: SettledRequest }
  /** Takes an open reservation back whose request is not going to be forwarded. */
  | { readonly kind: 'cancel'; readonly id: string }
  /** Charges whose line of the log had to be given up. */
  | { readonly kind: 'charge'; readonly charges: readonly Balance[] }
