/**
 * Accounts whose names a caller can choose: those of the users of apps, of the visitors of the
 * widget, and of their addresses. Their number has no bound of its own, so a ledger keeps only some
 * of them in memory.
 */

/** An app's id has no colon; a user's may have. The count of a whole app is no user's. */
const ofUser = /^(?:reads:|role:)?((?:app:[^:]+|widget|address|network):.+)$/s

/** Returns the id of the principal to whom the account belongs; null if no caller chose its name. */
export function choosingOwnerOf(subject: string): string | null {
  return ofUser.exec(subject)?.[1] ?? null
}

/** The same as patterns of SQL's LIKE. */
export const chosenForms = [
  ...(['app:%:%', 'reads:app:%:%', 'role:app:%:%'] as const),
  ...(['widget:%', 'reads:widget:%', 'role:widget:%', 'address:%', 'network:%'] as const),
] as const

/** The accounts of addresses, which are personal data and counted by the day. */
export const addressForms = ['address:%', 'network:%'] as const

/** The same for the ids of callers. */
export const chosenCallers = ['app:%:%', 'widget:%'] as const

/** Returns the names of all accounts that belong to such a principal. */
export function subjectsOf(owner: string): readonly string[] {
  return [owner, `reads:${owner}`, `role:${owner}`]
}
