/** What happens now, for the pages that show it. */
import { z } from 'zod'
import { findSessionById } from '../../../store/sessions.ts'
import type { ApiDeps } from '../../api-deps.ts'
import { ApiError } from '../../api-error.ts'
import { callerOf } from '../../authenticate.ts'
import type { Caller } from '../../caller.ts'
import { defineEndpoint, type Endpoint } from '../../endpoint.ts'
import { streamEvents } from './event-stream.ts'
import { createLiveSource } from './live-source.ts'

const streamsMax = 20
/** So that one person's pages leave room for others. */
const streamsOfPersonMax = 5

/** Returns the row of `/events`. */
export function eventEndpoints(deps: ApiDeps): readonly Endpoint[] {
  const source = createLiveSource(deps)
  const places = createPlaces()
  return [
    defineEndpoint({
      method: 'GET',
      path: '/events',
      summary: 'Streams what happens: overview, refusals, what is degraded, and what was changed.',
      roles: 'any',
      answers: { 200: z.string().meta({ description: 'text/event-stream' }) },
      handle: async ({ caller, signal, lastEventId }) => {
        places.enter(caller, signal)
        const chunks = streamEvents(
          {
            ...{ caller, lastId: readId(lastEventId) },
            signal: AbortSignal.any([signal, deps.stopping]),
          },
          { source, clock: deps.clock, callerNow: () => callerNow(caller, deps) },
        )
        return {
          status: 200,
          stream: { type: 'text/event-stream', chunks },
          // A proxy that gathers the answer would hold events back.
          fields: { 'x-accel-buffering': 'no' },
        }
      },
    }),
  ]
}

async function callerNow({ session }: Caller, deps: ApiDeps): Promise<Caller | null> {
  const found = session && (await findSessionById(deps.store, session.id, deps.clock()))
  return found === null ? null : await callerOf(found, deps)
}

function readId(text: string | null): number | null {
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : null
}

/** Counts the streams that are open: each takes its place until its answer is over. */
function createPlaces() {
  const taken = new Map<string, number>()
  let all = 0
  return {
    enter: ({ id, session }: Caller, signal: AbortSignal): void => {
      if (session === null) throw new ApiError('not_found', 'Streams are for the console alone.')
      const own = taken.get(id) ?? 0
      if (all >= streamsMax || own >= streamsOfPersonMax) {
        throw new ApiError('too_many', 'Too many pages are open.', { retryAfterSeconds: 10 })
      }
      // Whoever has left already gets no place: its end would not be told again.
      signal.throwIfAborted()
      all++
      taken.set(id, own + 1)
      signal.addEventListener('abort', () => leave(id), { once: true })
    },
  }
  function leave(id: string): void {
    all--
    const left = (taken.get(id) ?? 1) - 1
    if (left === 0) taken.delete(id)
    else taken.set(id, left)
  }
}
