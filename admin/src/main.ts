/**
 * The admin process: answers what the gatekeeper admits and hands over, and alone writes the
 * documents of the mounted folder. It listens on one unix socket that only this user can open, and
 * gets no secret of signing, vault or front.
 */
import { resolve } from 'node:path'
import { finishLoading } from '../../gatekeeper/src/lib/load/finish-loading.ts'
import { closeListener, listenOn } from '../../gatekeeper/src/lib/net/listening.ts'
import { exitCode, formatProblem, ProblemsError } from '../../gatekeeper/src/lib/problem.ts'
import { openForAdmin, openProcessLog } from '../../gatekeeper/src/operations/admin-process.ts'
import { createApplication } from './handed-over/application.ts'
import { createRoutes } from './handed-over/routes.ts'
import { createSocketServer } from './handed-over/socket-server.ts'

const root = resolve(import.meta.dirname, '../..')
/** How long answers under way may take after a signal. */
const drainMs = 5_000

const { log, logFault, drained } = openProcessLog(() => process.exit(exitCode.software))

try {
  await serve()
} catch (error) {
  if (!(error instanceof ProblemsError)) throw error
  for (const problem of error.problems) log.error(formatProblem(problem))
  await drained()
  process.exit(exitCode.config)
}

async function serve(): Promise<void> {
  const { installation, listen } = openForAdmin(process.env, root)
  const application = createApplication(createRoutes(installation), logFault)
  const server = createSocketServer(application.callback())
  try {
    await listenOn(server, listen, 0o600)
  } catch (error) {
    log.error({ code: (error as NodeJS.ErrnoException).code }, 'cannot listen on its socket')
    await drained()
    process.exit(exitCode.unavailable)
  }
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => void stop(signal))
  }
  const stop = async (signal: string) => {
    log.info({ signal }, 'stopping')
    await closeListener(server, drainMs)
    await drained()
    process.exit(exitCode.ok)
  }
  log.info('admin ready')
  finishLoading()
}
