/**
 * Client libraries as their users run them: each in a process of its own that only knows
 * a URL, a key, and the file of the CA certificate to trust.
 */
import { cp, mkdtemp, symlink } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { removeFolder } from './cache.ts'
import { litellmFolder } from './litellm.ts'
import { nodeModules } from './node.ts'
import { type Availability, availability, type Log } from './part.ts'
import { pythonEnvironment } from './python.ts'

const folder = path.resolve(import.meta.dirname, '../clients')
const requirementsFile = path.join(folder, 'requirements.txt')

/** Which packages a program needs: those from npm, those from PyPI, or LiteLLM's environment. */
export type ClientHome = 'node' | 'python' | 'litellm'

/** Whether the libraries are available. A first provision installs them (half a minute, 300 MB). */
export const clients = {
  name: 'clients',
  provision: (log: Log): Promise<Availability> =>
    availability(async () => {
      await nodeModules('clients-node', folder, log)
      await pythonEnvironment('clients', requirementsFile, log)
      await litellmFolder(log)
    }),
}

/** A folder of programs that find their packages, with the command that runs one of them. */
export type Workspace = {
  readonly home: string
  /** Command and first words; the program's words follow. */
  readonly command: (kind: ClientHome, program: string) => readonly string[]
  readonly remove: () => Promise<void>
}

/** Copies the programs into a new folder, next to the packages that they import. */
export async function createWorkspace(): Promise<Workspace> {
  const home = await mkdtemp(path.join(os.tmpdir(), 'gatekeeper-clients-'))
  await cp(path.join(folder, 'node'), home, { recursive: true })
  await cp(path.join(folder, 'python'), home, { recursive: true })
  await symlink(
    await nodeModules('clients-node', folder, () => {}),
    path.join(home, 'node_modules'),
  )
  const pythons = {
    python: await pythonEnvironment('clients', requirementsFile, () => {}),
    litellm: await litellmFolder(() => {}),
  }
  return {
    home,
    command: (kind, program) => {
      const file = path.join(home, program)
      if (kind === 'node') return [process.execPath, file]
      return [path.join(pythons[kind], 'bin/python'), '-B', file]
    },
    remove: () => removeFolder(home),
  }
}

/** The whole environment of a client: nothing of ours, above all no proxy and no provider's key. */
export function clientEnvironment(workspace: Workspace, caFile: string): Record<string, string> {
  return {
    ...{ HOME: workspace.home, PATH: '/usr/local/bin:/usr/bin:/bin', LANG: 'C.UTF-8' },
    NODE_EXTRA_CA_CERTS: caFile,
    SSL_CERT_FILE: caFile,
    // Otherwise LiteLLM as a library fetches a price list.
    LITELLM_LOCAL_MODEL_COST_MAP: 'True',
  }
}
