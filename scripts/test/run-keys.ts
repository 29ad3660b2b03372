/** Runs a real command line, for tests. */
import { spawn } from 'node:child_process'
import { join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'

export type Run = { readonly code: number; readonly out: string; readonly err: string }

type RunOptions = {
  readonly input?: string
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly program?: 'keys' | 'vault' | 'people'
}

/** Without a terminal, on keys, state and gatekeeper.yaml below one folder; `env` is added. */
export async function runKeys(
  folder: string,
  args: readonly string[],
  { input = '', env = {}, program = 'keys' }: RunOptions = {},
): Promise<Run> {
  const script = resolve(import.meta.dirname, `../${program}.ts`)
  const child = spawn(process.execPath, [script, ...args], {
    env: {
      PATH: process.env['PATH'],
      GATEKEEPER_KEYS_DIR: join(folder, 'keys'),
      GATEKEEPER_STATE_DIR: join(folder, 'state'),
      GATEKEEPER_CONFIG: join(folder, 'gatekeeper.yaml'),
      ...env,
    },
  })
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  const code = new Promise<number>((done) => child.on('close', done))
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)])
  return { code: await code, out, err }
}
