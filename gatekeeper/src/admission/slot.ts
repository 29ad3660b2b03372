import type { Refusal, Reservation } from '../model/admission.ts'
import type { RequestFacts } from '../model/facts.ts'
import type { Standing } from '../model/limit.ts'
import type { Principal } from '../model/principal.ts'

/** A slot on the model server. */
export type Slot = {
  readonly waitedMs: number
  /** Whether anything can have changed since the request was judged. */
  readonly hasWaited: boolean
  readonly release: () => void
}

/** Asks for a slot; `leaving` gives a signal that the client left. Null if no wait is needed. */
export type EnterQueue = (caller: {
  readonly facts: RequestFacts
  readonly principal: Principal
  readonly leaving: (() => AbortSignal) | null
  /** The model that it names; null if it names none. */
  readonly model?: string | null
}) => Promise<Slot | Refusal | null>

/** A reservation that owns a slot on the model server, once there is one. */
export type Holding = Reservation & { readonly hold: (slot: Slot) => void }

/**
 * Returns a reservation that gives its slot back when it is settled, which happens at every end of
 * a request. No other place gives it back. `ofAddress` are shown beside the limits of the caller.
 */
export function createHolding(
  reservation: Reservation,
  ofAddress: readonly Standing[] = [],
): Holding {
  let held: Slot | null = null
  return {
    hold: (slot) => {
      held = slot
    },
    extend: (estimate) => reservation.extend(estimate),
    room: () => reservation.room(),
    standings: (used) => [...ofAddress, ...reservation.standings(used)],
    open: (facts) => reservation.open(facts),
    settle: (outcome, usage) => {
      held?.release()
      const wait = held === null ? {} : { waitedMs: held.waitedMs }
      return reservation.settle({ ...outcome, ...wait }, usage)
    },
  }
}
