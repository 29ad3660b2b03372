/**
 * A small root folder of Debian forky, which has what Debian 12 lacks: llama.cpp's server (built
 * against a newer libc, hence the root of its own) and the headers that Ollama's build asks for.
 */
import path from 'node:path'
import { cached, installDebianPackages } from './cache.ts'
import { runCommand } from './command.ts'
import type { Log } from './part.ts'

const packages = ['llama.cpp-tools', 'libminiaudio-dev', 'libstb-dev', 'nlohmann-json3-dev']

/** The path of the root folder; made with mmdebstrap if it does not exist yet (about 15 s). */
export async function forkyRoot(log: Log): Promise<string> {
  if (process.getuid?.() !== 0) throw new Error('only root can make and enter a Debian root folder')
  const folder = await cached('forky-1', async (temporary) => {
    await installDebianPackages(['mmdebstrap'], log)
    await runCommand('nice', ['mmdebstrap', ...options, 'forky', path.join(temporary, 'root')], {
      timeoutSeconds: 600,
      log,
    })
  })
  return path.join(folder, 'root')
}

const options = [
  '--variant=minbase',
  `--include=${packages.join(',')}`,
  // A mirror's copy of a testing suite counts as expired after a week; signatures still hold.
  '--aptopt=Acquire::Check-Valid-Until "false"',
]
