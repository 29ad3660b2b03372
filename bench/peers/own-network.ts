import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'

const mark = 'GATEKEEPER_BENCH_ALONE'

/** Whether this process runs in the network namespace that `runAlone` made. */
export function isAlone(): boolean {
  return process.env[mark] === '1'
}

const enter = ['--net', 'sh', '-c', 'ip link set lo up && exec "$0" "$@"']

/** Whether this user can make a network namespace here (unshare(1), ip(8)). */
export function canRunAlone(): boolean {
  return spawnSync('unshare', [...enter, 'true'], { stdio: 'ignore' }).status === 0
}

/**
 * Runs the bench again with the same arguments, in a network namespace that has only a loopback;
 * resolves to its exit code. Some peers listen on every address: there nobody else can reach them,
 * and every row is measured in the same place.
 */
export async function runAlone(): Promise<number> {
  const words = [...process.execArgv, ...process.argv.slice(1)]
  const child = spawn('unshare', [...enter, process.execPath, ...words], {
    stdio: 'inherit',
    env: { ...process.env, [mark]: '1' },
  })
  // The terminal sends the signal to the child too; this process only waits for it.
  process.on('SIGINT', () => {})
  process.on('SIGTERM', () => child.kill('SIGTERM'))
  const [code] = (await once(child, 'exit')) as [number | null]
  return code ?? 1
}
