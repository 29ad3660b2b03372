import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Examination } from '../../../gatekeeper/src/operations/doctor/examination.ts'
import type { Finding } from '../../../gatekeeper/src/operations/doctor/finding.ts'
import type { Context } from '../context.ts'

const tolerableMs = 60_000
/** A larger difference makes certificates and tokens fail. */
const harmfulMs = 300_000

const remedy = 'Let the machine set its clock: `timedatectl set-ntp true`, or your hypervisor.'

/** Whether the clock is right, as far as files and servers nearby can tell. Asks no time server. */
export const clock: Examination<Context> = {
  name: 'clock',
  examine: async (context) => [
    ...(await compareFiles(context)),
    ...(await compareServers(context)),
  ],
}

async function compareFiles({ root, settings, keySets, outside }: Context): Promise<Finding[]> {
  const paths = [
    ...['.env', 'package.json', 'caddy/Caddyfile'].map((name) => join(root, name)),
    settings.configFile,
    join(settings.stateDir, 'front-secrets.json'),
    ...keySets.map(({ path }) => path),
  ]
  const now = outside.clock()
  const times = await Promise.all(
    paths.map(async (path) => ({ path, aheadMs: await ahead(path, now) })),
  )
  const latest = times.toSorted((one, other) => other.aheadMs - one.aheadMs)[0]
  if (latest === undefined || latest.aheadMs <= tolerableMs) return []
  const what = `was changed ${describe(latest.aheadMs)} from now: the clock is behind, or was ahead`
  return [{ level: 'warning', source: latest.path, what, remedy }]
}

async function ahead(path: string, now: number): Promise<number> {
  return await stat(path).then(
    ({ mtimeMs }) => mtimeMs - now,
    () => 0,
  )
}

async function compareServers({ settings, gateway, outside }: Context): Promise<Finding[]> {
  const host = settings.bind.includes(':') ? `[${settings.bind}]` : settings.bind
  const front = `http://${host.replace('0.0.0.0', '127.0.0.1').replace('[::]', '[::1]')}:${settings.httpPort}`
  const origins = gateway.services.flatMap(({ upstream }) => (upstream ? [upstream.origin] : []))
  const found = await Promise.all(
    [...new Set([...origins, front])].map(async (url): Promise<Finding[]> => {
      const answer = await outside.get(url)
      if (answer?.dateAt == null) return []
      const offMs = answer.dateAt - outside.clock()
      if (Math.abs(offMs) <= tolerableMs) return []
      const what = `says another time: it is ${describe(Math.abs(offMs))} ${offMs > 0 ? 'ahead of' : 'behind'} this machine`
      const level = Math.abs(offMs) > harmfulMs ? 'error' : 'warning'
      return [{ level, source: url, what, remedy: `Find out which of the two is off. ${remedy}` }]
    }),
  )
  return found.flat()
}

function describe(ms: number): string {
  const minutes = Math.round(ms / 60_000)
  return minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 60)} h`
}
