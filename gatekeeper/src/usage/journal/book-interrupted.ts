import type { OpenReservation, SettledRequest } from './usage-journal.ts'

/**
 * Returns the cost of a request whose process died: everything that was reserved for it, marked as
 * estimated. A lower cost would make a crash at the right moment a way around a limit.
 */
export function bookInterrupted(reservation: OpenReservation): SettledRequest {
  const { id, record, charges } = reservation
  return {
    reservationId: id,
    record: { ...record, outcome: 'interrupted', isEstimated: true },
    charges,
  }
}
