/** Where the applications are installed: folders of the real suite's cache, from exact versions. */
import path from 'node:path'
import { nodeModules } from '../../real/parts/node.ts'
import { type Availability, availability, type Log } from '../../real/parts/part.ts'
import { pythonEnvironment } from '../../real/parts/python.ts'

const programs = path.resolve(import.meta.dirname, '../programs')
const silent: Log = () => {}

/** A package that `areAvailable` can provide. */
type Installed = {
  readonly name: string
  readonly provision: (log: Log) => Promise<Availability>
}

function installed(name: string, install: (log: Log) => Promise<string>): Installed {
  return {
    name,
    provision: (log) =>
      availability(async () => {
        await install(log)
      }),
  }
}

/** Returns the node_modules with Claude Code, Codex, opencode and Continue (1.3 GB). */
export async function nodeFolder(log: Log = silent): Promise<string> {
  return await nodeModules('apps-node', programs, log)
}

/** Returns the Python environment with aider and Streamlit (1.1 GB). */
export async function terminalFolder(log: Log = silent): Promise<string> {
  const requirements = path.join(programs, 'terminal-requirements.txt')
  return await pythonEnvironment('apps-terminal', requirements, log)
}

/** Returns the Python environment with Open WebUI. */
export async function webuiFolder(log: Log = silent): Promise<string> {
  const requirements = path.join(programs, 'webui-requirements.txt')
  return await pythonEnvironment('apps-webui', requirements, log)
}

export const nodePrograms = installed('Claude Code, Codex, opencode, Continue', nodeFolder)
export const terminalPrograms = installed('aider, Streamlit', terminalFolder)
export const webuiProgram = installed('Open WebUI', webuiFolder)
