import { existsSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import type { Clock } from '../../gatekeeper/src/lib/clock.ts'
import { exitCode, ProblemsError } from '../../gatekeeper/src/lib/problem.ts'
import { isOpaque } from '../../gatekeeper/src/model/kind.ts'
import type { Service } from '../../gatekeeper/src/model/service.ts'
import {
  createRecorder,
  UnrecordedError,
} from '../../gatekeeper/src/operations/audit/record-acts.ts'
import { addKey } from '../../gatekeeper/src/operations/keys/key-writer.ts'
import type { Configuration } from './read-configuration.ts'
import { StartError } from './start-error.ts'

const lifeDays = 30

export type FirstKey =
  | { readonly state: 'made'; readonly key: string }
  | { readonly state: 'exists' | 'none' }

/**
 * Makes a key for a person at a terminal who has no key file yet: readwrite, for everything that is
 * relayed, for 30 days. Without a terminal it makes none, so that no key gets into a log.
 */
export async function makeFirstKey(
  { settings, services }: Pick<Configuration, 'settings' | 'services'>,
  deps: { readonly isTerminal: boolean; readonly clock: Clock },
): Promise<FirstKey> {
  const file = join(settings.keysDir, 'keys.json')
  if (existsSync(file) || settings.apiKeysFile !== null) return { state: 'exists' }
  if (!deps.isTerminal) return { state: 'none' }
  const wanted = {
    user: readUserName(),
    role: 'readwrite' as const,
    services: services.filter(isRelayed).map(({ name }) => name),
    expiresAt: deps.clock() + lifeDays * 24 * 60 * 60 * 1000,
  }
  const known = { serviceNameOf: (name: string) => findName(services, name) }
  const record = createRecorder(join(settings.stateDir, 'audit'), deps.clock)
  try {
    const { key } = await addKey(file, wanted, { clock: deps.clock, known, record })
    return { state: 'made', key }
  } catch (error) {
    throw explain(error, settings.keysDir)
  }
}

/** LiteLLM without an address has no route yet; the key is valid for it as soon as it gets one. */
function isRelayed({ kind, routes }: Service): boolean {
  return !isOpaque(kind) || routes.some(({ mode }) => mode === 'relay')
}

function findName(services: readonly Service[], name: string): string | null {
  const isIt = (service: Service) => service.name === name || service.aliases.includes(name)
  return services.find(isIt)?.name ?? null
}

/** The person at the terminal; some containers have no name for their user. */
export function readUserName(): string {
  try {
    return userInfo().username.replaceAll(/[^\w.-]/g, '-') || 'owner'
  } catch {
    return 'owner'
  }
}

function explain(error: unknown, source: string): unknown {
  if (error instanceof ProblemsError) return new StartError(error.problems, exitCode.config)
  if (error instanceof UnrecordedError) {
    const [what = '', remedy = ''] = error.message.split('\n')
    return new StartError([{ source: error.folder, what, remedy }], exitCode.cannotCreate)
  }
  const { code } = error as NodeJS.ErrnoException
  if (code === undefined) return error
  const what = `cannot be written, so the first key cannot be made (${code})`
  const remedy = 'Make it writable for this user, or set GATEKEEPER_KEYS_DIR to another folder.'
  return new StartError([{ source, what, remedy }], exitCode.cannotCreate)
}
