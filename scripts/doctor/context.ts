import { join } from 'node:path'
import { loadGateway } from '../../gatekeeper/src/config/load-gateway.ts'
import type { Settings } from '../../gatekeeper/src/config/read-settings.ts'
import type { InstallationContext } from '../../gatekeeper/src/operations/doctor/context.ts'
import { readKeySets } from '../../gatekeeper/src/operations/doctor/key-sets.ts'
import { adaptCaddyfile, isRefusal, type Refusal } from '../caddy/adapt-caddyfile.ts'
import type { Caddyfile } from '../caddy/examine/caddyfile.ts'
import { type Caddy, findCaddy, type NoCaddy } from '../caddy/find-caddy.ts'
import { type Env, readSettingsOf, readText } from '../settings/read-settings-of.ts'
import { type ComposeFile, readComposeFiles } from './compose-file.ts'
import type { Outside } from './outside.ts'

/** Everything that the examinations read. Nothing is written, started or forwarded. */
export type Context = InstallationContext & {
  /** The folder of the repository; file names are shown relative to it. */
  readonly root: string
  readonly env: Env
  readonly caddy: Caddy | NoCaddy
  /** Null if there is no Caddy that can read it. */
  readonly caddyfile: Caddyfile | Refusal | null
  readonly composeFiles: readonly ComposeFile[]
  readonly outside: Outside
}

/** Reads the settings and files of the clone at `root`, also broken ones. */
export async function readContext(
  root: string,
  environment: Env,
  outside: Outside,
): Promise<Context> {
  const { env, settings, problems, warnings } = readSettingsOf(root, environment)
  const gateway = loadGateway(settings, readText)
  const { caddy: named, stateDir } = settings
  const caddy = await findCaddy(
    { caddy: named, stateDir, log: () => {}, mayFetch: false },
    { path: env['PATH'] ?? '', platform: process.platform, run: outside.run },
  )
  return {
    ...{
      root,
      env,
      settings,
      gateway,
      caddy,
      outside,
      settingProblems: problems,
      settingWarnings: warnings,
    },
    caddyfile:
      'path' in caddy ? await readCaddyfile(root, { caddy, env, settings, outside }) : null,
    keySets: await readKeySets(settings, gateway.services),
    composeFiles: await readComposeFiles(root, env),
  }
}

type CaddyfileDeps = {
  readonly caddy: Caddy
  readonly env: Env
  readonly settings: Settings
  readonly outside: Outside
}

async function readCaddyfile(
  root: string,
  { caddy, env, settings, outside }: CaddyfileDeps,
): Promise<Caddyfile | Refusal> {
  // LiteLLM has no routes until it has an address, but its block exists before.
  const litellmUrl = settings.litellmUrl ?? 'http://127.0.0.1:4000'
  const { services } = loadGateway({ ...settings, litellmUrl }, readText)
  const deps = { caddy: caddy.path, env, settings, services, run: outside.run }
  try {
    return await adaptCaddyfile(join(root, 'caddy', 'Caddyfile'), deps)
  } catch (error) {
    return { line: null, what: `it cannot be read (${(error as NodeJS.ErrnoException).code})` }
  }
}

/** The Caddyfile, if Caddy understands it. */
export function caddyfileOf({ caddyfile }: Context): Caddyfile | null {
  return caddyfile === null || isRefusal(caddyfile) ? null : caddyfile
}
