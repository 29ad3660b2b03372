import type { Endpoint } from '../../endpoint.ts'
import { invitationEndpoints } from '../invitations/endpoints.ts'
import { peopleDataEndpoints } from './data-endpoints.ts'
import { type PeopleDeps, peopleReadEndpoints } from './read-endpoints.ts'
import { peopleWriteEndpoints } from './write-endpoints.ts'

/** Returns the rows of `/people` and `/invitations`. */
export function peopleEndpoints(deps: PeopleDeps): readonly Endpoint[] {
  return [
    ...peopleReadEndpoints(deps),
    ...peopleWriteEndpoints(deps),
    ...peopleDataEndpoints(deps),
    ...invitationEndpoints(deps),
  ]
}
