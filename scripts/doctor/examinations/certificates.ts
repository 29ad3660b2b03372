import { X509Certificate } from 'node:crypto'
import { glob, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Examination } from '../../../gatekeeper/src/operations/doctor/examination.ts'
import type { Finding } from '../../../gatekeeper/src/operations/doctor/finding.ts'
import type { Context } from '../context.ts'

const dayMs = 24 * 60 * 60 * 1000
/** Caddy renews public ones 30 days before their end: at half of that it has failed for a while. */
const publicDays = 15
/** Every client that trusts the root of Caddy's own authority needs the next one. */
const rootDays = 60

/** Certificates that end soon though Caddy renews them. Its own short-lived ones are left out. */
export const certificates: Examination<Context> = {
  name: 'certificates',
  examine: async (context) => {
    const folder = join(context.settings.stateDir, 'caddy')
    const found: Finding[] = []
    for await (const name of glob('{certificates/**/*.crt,pki/authorities/*/root.crt}', {
      cwd: folder,
    })) {
      // Of Caddy's own authority: half a day long, and renewed at every start.
      if (/^certificates[\\/]local[\\/]/.test(name)) continue
      found.push(...(await judge(join(folder, name), context)))
    }
    return found
  },
}

async function judge(path: string, { outside }: Context): Promise<Finding[]> {
  const isRoot = path.endsWith('root.crt')
  const ends = await readEnds(path)
  if (ends === null) {
    const remedy = 'Move it away; Caddy gets a new one at its next start.'
    return [{ level: 'error', source: path, what: 'is no certificate', remedy }]
  }
  const leftDays = Math.floor((ends.toAt - outside.clock()) / dayMs)
  if (ends.fromAt > outside.clock()) {
    const what = 'is not valid yet: was the clock ahead when it was made, or is it behind now'
    return [{ level: 'error', source: path, what, remedy: 'Set the clock.' }]
  }
  if (leftDays > (isRoot ? rootDays : publicDays)) return []
  const what = leftDays < 0 ? 'has expired' : `expires in ${leftDays} days`
  const remedy = isRoot
    ? 'Move pki/authorities/local away, start again, and give clients the new root.crt.'
    : "Caddy's log says why it cannot be renewed: are ports 80 and 443 still open to the world?"
  return [{ level: leftDays < 0 ? 'error' : 'warning', source: path, what, remedy }]
}

async function readEnds(path: string): Promise<{ fromAt: number; toAt: number } | null> {
  try {
    const { validFrom, validTo } = new X509Certificate(await readFile(path))
    return { fromAt: Date.parse(validFrom), toAt: Date.parse(validTo) }
  } catch {
    return null
  }
}
