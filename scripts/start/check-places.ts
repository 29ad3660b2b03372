/** Checks before the start that every address to listen on is free, and lists those that are not. */
import { once } from 'node:events'
import { lstat, rm } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import type { Settings } from '../../gatekeeper/src/config/read-settings.ts'
import type { Listen } from '../../gatekeeper/src/lib/net/listening.ts'
import { exitCode, type Problem } from '../../gatekeeper/src/lib/problem.ts'
import { StartError } from './start-error.ts'
import { readNotedPids } from './state-folder.ts'

/** A place to listen on, and the setting that names it. */
type Place = {
  readonly setting: string
  readonly listen: Listen
  /** The setting of its address, if that is another one. */
  readonly addressSetting?: string
}

/** Throws a StartError that lists every place that is taken. */
export async function checkPlaces(settings: Settings, log: (line: string) => void): Promise<void> {
  const pids = await readNotedPids(settings.stateDir)
  const found = await Promise.all(placesOf(settings).map((place) => judge(place, { log, pids })))
  const problems = found.filter((problem) => problem !== null)
  // The ports of another Gatekeeper on the same folder are taken too: one message is enough.
  const second = problems.find(({ what }) => what.includes(alreadyRuns))
  if (problems.length > 0) {
    throw new StartError(second ? [second] : problems, exitCode.unavailable)
  }
}

const alreadyRuns = 'another Gatekeeper is running on it'

function placesOf(settings: Settings): Place[] {
  const { bind: host, httpsPort, httpPort, platform } = settings
  const port = (setting: string, listen: { readonly host: string; readonly port: number }) => ({
    setting,
    listen: { kind: 'tcp' as const, ...listen },
    addressSetting: 'GATEKEEPER_BIND',
  })
  return [
    ...consolePlaces(settings),
    { setting: 'GATEKEEPER_OPS_LISTEN', listen: settings.opsListen },
    { setting: 'GATEKEEPER_RELAY_LISTEN', listen: settings.relayListen },
    { setting: 'GATEKEEPER_CHECK_LISTEN', listen: settings.checkListen },
    // Where a platform ends TLS, nothing here listens for HTTPS.
    ...(platform === null ? [port('GATEKEEPER_HTTPS_PORT', { host, port: httpsPort })] : []),
    port(platform === null ? 'GATEKEEPER_HTTP_PORT' : 'PORT', { host, port: httpPort }),
  ]
}

function consolePlaces({ adminListen, consoleListen, console }: Settings): Place[] {
  const sockets = [adminListen, consoleListen]
    .filter((listen) => listen !== null)
    .map((listen) => ({ setting: 'GATEKEEPER_CONSOLE', listen }))
  if (consoleListen === null) return sockets
  const listen = { kind: 'tcp' as const, host: console.bind, port: console.port }
  const addressSetting = 'GATEKEEPER_CONSOLE_BIND'
  return [...sockets, { setting: 'GATEKEEPER_CONSOLE_PORT', listen, addressSetting }]
}

type Context = { readonly log: (line: string) => void; readonly pids: string | null }

async function judge(place: Place, context: Context): Promise<Problem | null> {
  return place.listen.kind === 'unix'
    ? await judgeSocket(place.setting, place.listen.path, context)
    : await judgePort(place, place.listen)
}

/** A socket that answers is taken; one that does not answer is left over from a crash. */
async function judgeSocket(
  setting: string,
  path: string,
  { log, pids }: Context,
): Promise<Problem | null> {
  const code = await tryConnecting(path)
  if (code === 'ENOENT') return null
  // A plain file refuses connections too, and must not be removed.
  if (code === 'ECONNREFUSED' && (await lstat(path)).isSocket()) {
    log(`removing ${path}, left over from a Gatekeeper that crashed`)
    await rm(path, { force: true })
    return null
  }
  if (code === null) {
    const what = `${path} answers: ${alreadyRuns}`
    const who = pids === null ? '' : ` (kill ${pids})`
    const remedy = `Stop that one first${who}, or set GATEKEEPER_STATE_DIR to another folder for this one.`
    return { source: setting, what, remedy }
  }
  const what = `${path} cannot be used as a socket (${code})`
  return { source: setting, what, remedy: `Remove what is there, or set ${setting}.` }
}

async function tryConnecting(path: string): Promise<string | null> {
  const socket = connect(path)
  socket.on('error', () => {})
  try {
    await once(socket, 'connect')
    return null
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'unknown'
  } finally {
    socket.destroy()
  }
}

async function judgePort(
  place: Place,
  listen: { readonly host: string; readonly port: number },
): Promise<Problem | null> {
  const server = createServer()
  server.on('error', () => {})
  try {
    server.listen({ host: listen.host, port: listen.port, exclusive: true })
    await once(server, 'listening')
    return null
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return explain(place, listen, code ?? 'unknown')
  } finally {
    server.close()
  }
}

function explain(
  { setting, addressSetting: source = setting }: Place,
  { host, port }: { readonly host: string; readonly port: number },
  code: string,
): Problem {
  if (code === 'EADDRINUSE') {
    const what = `port ${port} on ${host} is taken by another program`
    return { source: setting, what, remedy: `Stop that program, or set ${setting} to a free port.` }
  }
  if (code === 'EADDRNOTAVAIL') {
    const what = `${host} is not an address of this machine`
    return { source, what, remedy: `Set ${source} to one of its addresses, such as 127.0.0.1.` }
  }
  const what = `port ${port} on ${host} cannot be listened on (${code})`
  const remedy =
    code === 'EACCES'
      ? `Ports below 1024 need a privilege; set ${setting} to a higher one.`
      : `Set ${setting} to another port.`
  return { source: setting, what, remedy }
}
