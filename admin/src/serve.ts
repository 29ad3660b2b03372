/**
 * Opens the admin process: two unix sockets, one for the gatekeeper alone, and one to which Caddy
 * brings the console's requests.
 */
import { readFileSync } from 'node:fs'
import type { Server } from 'node:http'
import { join, resolve } from 'node:path'
import { finishLoading } from '../../gatekeeper/src/lib/load/finish-loading.ts'
import { closeListener, type Listen, listenOn } from '../../gatekeeper/src/lib/net/listening.ts'
import { exitCode, formatProblem, ProblemsError } from '../../gatekeeper/src/lib/problem.ts'
import { openForAdmin, openProcessLog } from '../../gatekeeper/src/operations/admin-process.ts'
import { openConsole } from '../../gatekeeper/src/operations/open-console.ts'
import { usageSumsOf } from '../../gatekeeper/src/operations/usage/sums/usage-sums.ts'
import { openConsoleApplication } from './console.ts'
import { createApplication } from './handed-over/application.ts'
import { createRoutes } from './handed-over/routes.ts'
import { createSocketServer } from './handed-over/socket-server.ts'

const root = resolve(import.meta.dirname, '../..')
/** How long answers under way may take after a signal. */
const drainMs = 5_000
/** How long the body of a page's request may take. */
const bodyMs = 30_000

const { log, logFault, drained } = openProcessLog(() => process.exit(exitCode.software))

type Env = Readonly<Record<string, string | undefined>>

/** Serves until a signal; exits with all problems listed if settings or files are not valid. */
export async function serve(env: Env): Promise<void> {
  try {
    await open(env)
  } catch (error) {
    if (!(error instanceof ProblemsError)) throw error
    for (const problem of error.problems) log.error(formatProblem(problem))
    await drained()
    process.exit(exitCode.config)
  }
}

async function open(env: Env): Promise<void> {
  const { installation, listen, consoleListen } = openForAdmin(env, root)
  const parts = await openConsole(installation, log)
  const version = readVersion()
  const opened = await openConsoleApplication({ installation, parts, root, version, logFault })
  const handedOver = createApplication(createRoutes(installation), logFault)
  const servers = [
    await listenOrStop(createSocketServer(handedOver.callback()), listen, 0o600),
    // Caddy may run as another user of this group.
    await listenOrStop(
      createSocketServer(opened.application.callback(), bodyMs),
      consoleListen,
      0o660,
    ),
  ]
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => void stop(signal))
  }
  const stop = async (signal: string) => {
    log.info({ signal }, 'stopping')
    opened.endStreams()
    await Promise.all(servers.map((server) => closeListener(server, drainMs)))
    // Answers under way use the store until their listener is closed.
    await opened.close()
    await drained()
    process.exit(exitCode.ok)
  }
  // Reports of a large log are quick only if it is counted before somebody asks.
  usageSumsOf(installation)
  log.info('admin ready')
  finishLoading({ isWhole: true })
}

async function listenOrStop(server: Server, listen: Listen, mode: number): Promise<Server> {
  try {
    await listenOn(server, listen, mode)
    return server
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const path = listen.kind === 'unix' ? listen.path : listen.host
    log.error({ code, path }, 'cannot listen on its socket')
    await drained()
    process.exit(exitCode.unavailable)
  }
}

function readVersion(): string {
  const text = readFileSync(join(root, 'admin', 'package.json'), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}
