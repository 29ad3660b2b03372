import { readdir, readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { parseEnv } from 'node:util'
import type { Examination } from '../../../gatekeeper/src/operations/doctor/examination.ts'
import type { Finding } from '../../../gatekeeper/src/operations/doctor/finding.ts'
import { accessOfOthers, modeOf, quotePath } from '../access.ts'
import type { Context } from '../context.ts'

/** A file, and what it would mean if others could read it; null: nothing. */
type Guarded = { readonly path: string; readonly ifRead: 'error' | 'warning' | null }

/** Who else on this machine can read the secrets, or change what decides. */
export const files: Examination<Context> = {
  name: 'files',
  examine: async (context) => {
    const guarded = await listGuarded(context)
    return [...(await Promise.all(guarded.map(judge))).flat(), ...(await judgeState(context))]
  },
}

async function listGuarded({ root, env, settings, keySets }: Context): Promise<Guarded[]> {
  const dotEnv = join(root, '.env')
  const secretFile = env['LITELLM_MASTER_KEY_FILE']
  return [
    { path: dotEnv, ifRead: (await holdsSecret(dotEnv)) ? 'error' : null },
    ...(secretFile ? [{ path: resolve(root, secretFile), ifRead: 'error' as const }] : []),
    ...(await listSecrets(join(root, 'secrets'))),
    ...(await listSecrets(settings.vault.folder)),
    ...keySets.map(({ path, file }) => ({
      path,
      // Hashes of random secrets reveal nothing, but who may call what is still private.
      ifRead: file.form === 'plain map' ? ('error' as const) : ('warning' as const),
    })),
    { path: settings.configFile, ifRead: null },
    { path: join(root, 'caddy', 'Caddyfile'), ifRead: null },
  ]
}

/** The folder that is mounted into containers. */
async function listSecrets(folder: string): Promise<Guarded[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => [])
  return entries
    .filter((entry) => entry.name !== 'README.md' && !entry.isDirectory())
    .map(({ name }) => ({ path: join(folder, name), ifRead: 'error' }))
}

async function holdsSecret(path: string): Promise<boolean> {
  const text = await readFile(path, 'utf8').catch(() => '')
  return Object.entries(parseEnv(text)).some(
    ([name, value]) => /(KEY|SECRET|PASSWORD|TOKEN)$/.test(name) && value !== '',
  )
}

async function judge({ path, ifRead }: Guarded): Promise<Finding[]> {
  const access = await accessOfOthers(path)
  if (access?.canWrite) {
    const what = 'can be changed by every user of this machine, and with it who may call what'
    const remedy = `chmod o-w ${quotePath(path)}, and its folder.`
    return [{ level: 'error', source: path, what, remedy }]
  }
  if (!access?.canRead || ifRead === null) return []
  const what = 'holds secrets or callers, and every user of this machine can read it'
  return [{ level: ifRead, source: path, what, remedy: `chmod 600 ${quotePath(path)}.` }]
}

/** A reader of edge and proof can pose as Caddy or as the gatekeeper. */
async function judgeState({ settings }: Context): Promise<Finding[]> {
  const { stateDir } = settings
  const names = ['', 'front-secrets.json', 'caddy', 'caddy/secrets.caddy', 'run']
  const found: Finding[] = []
  for (const path of names.map((name) => join(stateDir, name))) {
    const mode = await modeOf(path)
    if (mode === null || (mode & 0o077) === 0) continue
    const what = `is open to others (mode ${mode.toString(8)}): the secrets between Caddy and the gatekeeper are in it`
    found.push({ level: 'error', source: path, what, remedy: `chmod go= ${quotePath(path)}.` })
  }
  return [...found, ...(await judgeFrontSecrets(join(stateDir, 'front-secrets.json')))]
}

async function judgeFrontSecrets(path: string): Promise<Finding[]> {
  const text = await readFile(path, 'utf8').catch(() => null)
  if (text === null || /^\{"edge":"[0-9a-f]{64}","proof":"[0-9a-f]{64}"\}\s*$/.test(text)) return []
  const what = 'does not hold the two secrets that the gatekeeper makes'
  const remedy = 'Delete it; the next start makes new ones.'
  return [{ level: 'error', source: path, what, remedy }]
}
