import type { Refusal, Reservation } from '../model/admission.ts'
import type { RequestFacts } from '../model/facts.ts'
import type { Principal } from '../model/principal.ts'

/** A place on the model server. */
export type Slot = {
  readonly waitedMs: number
  /** Whether anything can have changed since the request was judged. */
  readonly hasWaited: boolean
  readonly release: () => void
}

/** Asks for a place; `leaving` gives a signal that the client left. Null where nobody has to wait. */
export type EnterQueue = (caller: {
  readonly facts: RequestFacts
  readonly principal: Principal
  readonly leaving: (() => AbortSignal) | null
}) => Promise<Slot | Refusal | null>

/** A reservation to which a place on the model server belongs, once there is one. */
export type Holding = Reservation & { readonly hold: (slot: Slot) => void }

/**
 * Whatever way a request ends, its reservation is settled: there, and nowhere else, its place is
 * given back.
 */
export function createHolding(reservation: Reservation): Holding {
  let held: Slot | null = null
  return {
    hold: (slot) => {
      held = slot
    },
    extend: (estimate) => reservation.extend(estimate),
    room: () => reservation.room(),
    standings: () => reservation.standings(),
    open: () => reservation.open(),
    settle: (outcome, usage) => {
      held?.release()
      const wait = held === null ? {} : { waitedMs: held.waitedMs }
      return reservation.settle({ ...outcome, ...wait }, usage)
    },
  }
}
