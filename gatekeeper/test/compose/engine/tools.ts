/** The parts of Docker that this suite needs: Debian's engine, and newer plug-ins. */
import { chmod, copyFile, mkdir, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { cached, exists, installDebianPackages } from '../../real/parts/cache.ts'
import { runCommand, succeeds } from '../../real/parts/command.ts'
import type { Log } from '../../real/parts/part.ts'

const packages = ['docker.io', 'iptables', 'iproute2', 'libcap2-bin', 'mmdebstrap']
const startPolicy = '/usr/sbin/policy-rc.d'

/** Installs the engine, and keeps the package from starting a daemon of its own. */
export async function installEngine(log: Log): Promise<void> {
  const isAllowed = !(await exists(startPolicy))
  if (isAllowed) await writeFile(startPolicy, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
  try {
    await installDebianPackages(packages, log)
  } finally {
    if (isAllowed) await rm(startPolicy)
  }
}

/** Copies `compose` and `buildx` to where a client with this DOCKER_CONFIG looks for them. */
export async function installPlugins(configFolder: string, log: Log): Promise<void> {
  const folder = await cached('docker-plugins-1', async (temporary) => {
    const forky = path.join(temporary, 'root')
    const include = '--include=docker-compose,docker-buildx'
    await extractPackages('forky', [include, forky], log)
    for (const name of ['docker-compose', 'docker-buildx']) {
      await copyFile(
        path.join(forky, 'usr/libexec/docker/cli-plugins', name),
        path.join(temporary, name),
      )
      await chmod(path.join(temporary, name), 0o755)
    }
    await rm(forky, { recursive: true })
  })
  const plugins = path.join(configFolder, 'cli-plugins')
  await mkdir(plugins, { recursive: true })
  await copyFile(path.join(folder, 'docker-compose'), path.join(plugins, 'docker-compose'))
  // Without a person to ask, it refuses builds with the host's network unless they are allowed.
  const buildx = path.join(folder, 'docker-buildx')
  const script = `#!/bin/sh
[ "$1" = bake ] && { shift; set -- bake --allow=network.host "$@"; }
exec '${buildx}' "$@"
`
  await writeFile(path.join(plugins, 'docker-buildx'), script, { mode: 0o755 })
}

/** Unpacks Debian packages with what they need, without installing any. */
export async function extractPackages(
  suite: string,
  words: readonly string[],
  log: Log,
): Promise<void> {
  // A mirror's copy of a testing suite counts as expired after a week; signatures still hold.
  const unexpired = '--aptopt=Acquire::Check-Valid-Until "false"'
  const [include = '', target = ''] = words
  const args = ['mmdebstrap', '--variant=extract', include, unexpired, suite, target]
  await runCommand('nice', args, { timeoutSeconds: 300, log })
}

/** Throws if the kernel or the user lacks a right that an engine needs. */
export async function requireKernel(): Promise<void> {
  if (process.platform !== 'linux') throw new Error('a Docker engine needs Linux')
  if (process.getuid?.() !== 0) throw new Error('a Docker engine of its own needs root')
  const probe = `gkc-probe-${process.pid}`
  const inside = (...words: string[]) => succeeds('ip', ['netns', 'exec', probe, ...words])
  if (!(await succeeds('ip', ['netns', 'add', probe])))
    throw new Error('no network namespace can be made')
  try {
    if (!(await inside('iptables', '-t', 'nat', '-L', '-n')))
      throw new Error('the kernel has no NAT')
    if (!(await inside('ip', 'link', 'add', 'probe0', 'type', 'bridge')))
      throw new Error('the kernel has no bridge')
  } finally {
    await runCommand('ip', ['netns', 'del', probe], { timeoutSeconds: 10 })
  }
}
