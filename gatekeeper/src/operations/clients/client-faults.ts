import { type ClientFault, findClientFaults as find } from '../../oauth/client-file.ts'

/** Returns what is wrong with one client of `clients.json`, by member: `app.totalPerDay`. */
export function findClientFaults(id: string, entry: unknown): readonly ClientFault[] {
  return find(id, entry)
}
