/** Opens the listeners of an app. */
import type { Server } from 'node:http'
import { createServer } from 'node:net'
import type { Settings } from '../config/read-settings.ts'
import { createListener } from '../http/listeners.ts'
import { type Listen, listenOn } from '../lib/net/listening.ts'
import { exitCode } from '../lib/problem.ts'
import type { Log } from '../telemetry/log.ts'
import type { App } from './app.ts'
import { stopWith } from './configure.ts'
import type { Listeners } from './stop.ts'

/** Resolves when requests are answered; an address that cannot be used ends the process. */
export async function listenAll(app: App, settings: Settings, log: Log): Promise<Listeners> {
  const listener = (koa: App['relay']) =>
    createListener(koa.callback(), (code) => log.warn({ code }, 'malformed request'))
  const [check, relay, ops] = [listener(app.check), listener(app.relay), listener(app.ops)]
  await listenOrStop('GATEKEEPER_CHECK_LISTEN', check, settings.checkListen)
  await listenOrStop('GATEKEEPER_RELAY_LISTEN', relay, settings.relayListen)
  await listenOrStop('GATEKEEPER_OPS_LISTEN', ops, settings.opsListen)
  await listenForQuestions(listener(app.control), settings, log)
  await listenForOutcomes(app, settings, log)
  return { serving: [check, relay], ops }
}

async function listenOrStop(source: string, server: Server, listen: Listen): Promise<void> {
  await listenOn(server, listen).catch((error: NodeJS.ErrnoException) => {
    const place = listen.kind === 'unix' ? listen.path : `${listen.host}:${listen.port}`
    const what = `cannot listen on ${place} (${error.code ?? error.message})`
    const remedy = 'Is another gatekeeper running there? Stop it, or set this variable.'
    stopWith([{ source, what, remedy }], exitCode.unavailable)
  })
}

/** Optional: if it fails, `npm run explain` works without `--live`. */
async function listenForQuestions(server: Server, { explainListen }: Settings, log: Log) {
  // It must not keep the process alive.
  server.unref()
  if (explainListen === null) return
  await listenOn(server, explainListen, 0o600).catch((error: NodeJS.ErrnoException) =>
    log.warn({ code: error.code }, 'explain --live is not available'),
  )
}

/** Optional too: if it fails, the records do not say how checked requests ended. */
async function listenForOutcomes(app: App, { outcomesListen }: Settings, log: Log) {
  if (outcomesListen === null) return
  const server = createServer(app.acceptOutcomes)
  server.unref()
  server.on('error', () => {})
  await listenOn(server, outcomesListen).catch((error: NodeJS.ErrnoException) =>
    log.warn({ code: error.code }, 'outcomes of checked requests are not recorded'),
  )
}
