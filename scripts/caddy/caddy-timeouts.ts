import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type RunCommand, runCommand } from './run-command.ts'

// A model may load for ten minutes without output; the upper limits are in the Caddyfile.
const directives = 'read_body_idle 30m\nwrite_idle 30m'

/**
 * Returns the idle limits for our Caddyfile if this Caddy knows them, else an empty text. 2.11.4
 * refuses the names, 2.11.7 accepts them; asking Caddy is more reliable than a list of versions.
 */
export async function findCaddyTimeouts(
  caddy: string,
  run: RunCommand = runCommand,
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'gk-caddy-'))
  const file = join(folder, 'Caddyfile')
  try {
    await writeFile(file, `{\n servers {\n timeouts {\n${directives}\n}\n}\n}\n`)
    const result = await run(caddy, ['adapt', '--config', file, '--adapter', 'caddyfile'], 10)
    return result.status === 0 ? directives : ''
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
