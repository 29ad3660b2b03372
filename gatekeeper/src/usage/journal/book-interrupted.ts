import type { OpenReservation, SettledRequest } from './usage-journal.ts'

/**
 * What a request costs whose process died: all that was held for it, marked as a guess. Less would
 * let a crash at the right moment be a way around a limit.
 */
export function bookInterrupted(reservation: OpenReservation): SettledRequest {
  const { id, record, charges } = reservation
  return {
    reservationId: id,
    record: { ...record, outcome: 'interrupted', isEstimated: true },
    charges,
  }
}
