/** Composes the console: its parts, the admin API, and the pages. */
import { join } from 'node:path'
import type Koa from 'koa'
import { systemClock } from '../../gatekeeper/src/lib/clock.ts'
import { askGatekeeper } from '../../gatekeeper/src/operations/ask-gatekeeper.ts'
import {
  createLateRecords,
  type LateRecords,
} from '../../gatekeeper/src/operations/audit/late-records.ts'
import type { Installation } from '../../gatekeeper/src/operations/installation.ts'
import type { ConsoleParts } from '../../gatekeeper/src/operations/open-console.ts'
import type { ApiDeps } from './api/api-deps.ts'
import { createConsoleApplication } from './api/application.ts'
import { createEndpoints } from './api/endpoints.ts'
import { createClientFinder } from './api/find-client.ts'
import type { LogFault } from './api/problem-answer.ts'
import { readBuild } from './pages/build-files.ts'
import { servePages } from './pages/pages.ts'
import { wellKnownOf } from './pages/well-known.ts'
import { createLoginRoutes } from './signin/providers/login-routes.ts'
import { createSigninParts } from './signin/signin-deps.ts'
import { type AdminStore, adminStorePath, openAdminStore } from './store/admin-store.ts'
import { requireSameDomain } from './store/relying-party.ts'
import { consumeStepUp } from './store/step-ups.ts'

export type Console = {
  readonly application: Koa
  /** Ends the streams of pages, which would otherwise hold up the end of the process. */
  readonly endStreams: () => void
  readonly close: () => Promise<void>
}

export type ConsoleDeps = {
  readonly installation: Installation
  readonly parts: ConsoleParts
  /** The folder of the repository, in which `console/dist` is. */
  readonly root: string
  readonly version: string
  readonly logFault: LogFault
}

/** Opens the console; rejects with a ProblemsError if `admin.db` cannot be used. */
export async function openConsoleApplication(deps: ConsoleDeps): Promise<Console> {
  const { installation, parts } = deps
  const { stateDir } = installation
  const store = await openAdminStore(adminStorePath(stateDir))
  await requireSameDomain(store, { stateDir, rpId: parts.settings.passkey.rpId })
  const lateRecords = createLateRecords(installation.record, {
    ...{ clock: systemClock, unrecorded: installation.unrecorded },
    onFault: deps.logFault,
  })
  const stopping = new AbortController()
  return {
    application: compose(deps, { store, lateRecords, stopping: stopping.signal }),
    endStreams: () => stopping.abort(),
    close: async () => {
      await lateRecords.close()
      parts.people.close()
      parts.keys.close()
      await store.close()
    },
  }
}

type Opened = {
  readonly store: AdminStore
  readonly lateRecords: LateRecords
  readonly stopping: AbortSignal
}

function compose(
  { installation, parts, root, version, logFault }: ConsoleDeps,
  { store, lateRecords, stopping }: Opened,
): Koa {
  const { settings, people, keys, edge } = parts
  const api: ApiDeps = {
    ...{ installation, store, settings, people, keys, version, lateRecords, stopping },
    clock: systemClock,
    askGatekeeper: (path, question) => askGatekeeper(installation.commandListen, path, question),
  }
  const signin = createSigninParts(api)
  return createConsoleApplication({
    ...{ settings, people, store, edge, logFault },
    clock: systemClock,
    record: installation.record,
    recordEnded: lateRecords.record,
    rows: createEndpoints(api, signin),
    findClient: createClientFinder(api.askGatekeeper),
    consumeStepUp: ({ id, sessionId, act, target }) =>
      consumeStepUp(store, { id, session: sessionId, act, target }, systemClock()),
    outside: [
      createLoginRoutes({ ...api, ...signin, logFault }),
      servePages(readBuild(join(root, 'console/dist')), wellKnownOf(settings.origin, systemClock)),
    ],
  })
}
