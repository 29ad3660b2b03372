import type { Installation } from '../../gatekeeper/src/operations/installation.ts'

/** Returns what a command adds if its act could not be recorded; nothing where all is on record. */
export async function lateLines({
  unrecorded,
}: Pick<Installation, 'unrecorded'>): Promise<string[]> {
  if (!(await unrecorded.isWaiting())) return []
  return ['  The audit cannot be written: the record follows, marked late, when it can.']
}
