/**
 * The composition root: what one room needs of another is passed to it in this folder, and nowhere
 * else. Parts are opened in order and closed in reverse.
 */
import type { AppDeps } from './app-deps.ts'
import { type Opened, openParts } from './open-parts.ts'
import { createParts } from './part.ts'
import { createPoints, type Points } from './points.ts'

export type App = Points & {
  readonly keys: Pick<Opened['keys'], 'state' | 'reload'>
  /** Cuts every answer in progress and settles it. */
  readonly cut: () => void
  /** Accepts a connection over which Caddy reports how answers of checked requests ended. */
  readonly acceptOutcomes: Opened['outcomes']['accept']
  /** Resolves when the audit has recorded that this process serves. */
  readonly recordStart: () => Promise<void>
  readonly recordStop: (signal: string) => Promise<void>
  readonly close: () => Promise<void>
}

/** Wires the service. Rejects with a ProblemsError if a key file or the journal is broken. */
export async function createApp(deps: AppDeps): Promise<App> {
  const parts = createParts()
  try {
    const opened = await openParts(deps, parts)
    const { keys, upstreams, outcomes } = opened
    return {
      ...createPoints(deps, opened, parts),
      ...recordOf(deps, opened),
      keys,
      cut: upstreams.cut,
      acceptOutcomes: outcomes.accept,
      close: parts.close,
    }
  } catch (error) {
    await parts.close()
    throw error
  }
}

/** Records in the audit what this process does. */
function recordOf({ version, services }: AppDeps, { audit, keys, signing }: Opened) {
  return {
    recordStart: () =>
      audit.recordAct({
        event: 'gatekeeper.started',
        version,
        keys: keys.state().keys,
        services: services.map(({ name }) => name),
        signingKeys: signing.publicSet().keys.map(({ kid }) => kid ?? ''),
      }),
    recordStop: (signal: string) => audit.recordAct({ event: 'gatekeeper.stopped', signal }),
  }
}
