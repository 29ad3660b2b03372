/**
 * Stand-ins for the public images, made here, since no image registry can be reached. Each has
 * the parts of the official one that our files need: user, paths, shell, and Caddy's file
 * capability.
 */
import { cp, mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { cached, cacheFolder } from '../../real/parts/cache.ts'
import { runCommand } from '../../real/parts/command.ts'
import { type Log, repositoryRoot } from '../../real/parts/part.ts'
import { extractPackages } from './tools.ts'

const debianPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
const caFile = '/etc/ssl/certs/ca-certificates.crt'
const copying = { recursive: true, verbatimSymlinks: true } as const

/** The sources of an image: a folder, and lines of a Dockerfile. */
type Root = { readonly folder: string; readonly lines: readonly string[] }

/** Makes a tar of the root with its file capabilities and gives it to the engine. */
export async function importImage(
  name: string,
  { folder, lines }: Root,
  env: Readonly<Record<string, string>>,
): Promise<void> {
  const capable = "--xattrs --xattrs-include='security.capability'"
  const changes = [`ENV PATH=${debianPath}`, ...lines].map((line) => `-c '${line}'`).join(' ')
  const pipe = `tar -C '${folder}' ${capable} -c . | docker import ${changes} - '${name}'`
  await runCommand('bash', ['-o', 'pipefail', '-c', pipe], { timeoutSeconds: 180, env: { ...env } })
}

/** Debian 12 with this process's Node and npm, as node:*-slim is. Cached without our parts. */
export async function nodeRoot(work: string, log: Log): Promise<Root> {
  const base = await cached('compose-base-1', async (temporary) => {
    const include = '--include=ca-certificates'
    const words = ['mmdebstrap', '--variant=minbase', include, 'bookworm', `${temporary}/root`]
    await runCommand('nice', words, { timeoutSeconds: 600, log })
  })
  const folder = path.join(work, 'node-root')
  await runCommand('cp', ['-a', path.join(base, 'root'), folder], { timeoutSeconds: 120 })
  await cp(process.execPath, path.join(folder, 'usr/local/bin/node'))
  const npm = path.join(
    (await runCommand('npm', ['root', '-g'], { timeoutSeconds: 30 })).trim(),
    'npm',
  )
  await cp(npm, path.join(folder, 'usr/local/lib/node_modules/npm'), copying)
  const cli = '../lib/node_modules/npm/bin/npm-cli.js'
  await symlink(cli, path.join(folder, 'usr/local/bin/npm'))
  // The registry may be behind a proxy that signs with its own certificate.
  await runCommand('cp', ['-L', caFile, `${folder}${caFile}`], { timeoutSeconds: 10 })
  const uid =
    'echo node:x:1000:1000::/home/node:/bin/sh >> etc/passwd; echo node:x:1000: >> etc/group'
  await runCommand('sh', ['-c', uid], { timeoutSeconds: 10, cwd: folder })
  return { folder, lines: [`ENV NODE_EXTRA_CA_CERTS=${caFile}`, 'CMD ["node"]'] }
}

/** busybox and Caddy with its capability, as caddy:*-alpine is. */
export async function caddyRoot(work: string, caddy: string, log: Log): Promise<Root> {
  const busybox = await cached('compose-busybox-1', (temporary) =>
    extractPackages('bookworm', ['--include=busybox-static', `${temporary}/root`], log),
  )
  const folder = path.join(work, 'caddy-root')
  const bin = path.join(folder, 'bin')
  await mkdir(path.join(folder, 'usr/bin'), { recursive: true })
  await mkdir(path.join(folder, 'etc/caddy'), { recursive: true })
  await mkdir(path.join(folder, 'tmp'))
  await mkdir(bin)
  await cp(await findBusybox(path.join(busybox, 'root')), path.join(bin, 'busybox'))
  const names = await runCommand(path.join(bin, 'busybox'), ['--list'], { timeoutSeconds: 10 })
  for (const name of names
    .trim()
    .split('\n')
    .filter((name) => name !== 'busybox')) {
    await symlink('busybox', path.join(bin, name))
  }
  await cp(caddy, path.join(folder, 'usr/bin/caddy'))
  await runCommand('setcap', ['cap_net_bind_service=+ep', path.join(folder, 'usr/bin/caddy')], {
    timeoutSeconds: 10,
  })
  await writeFile(path.join(folder, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\n')
  await writeFile(path.join(folder, 'etc/group'), 'root:x:0:\n')
  return { folder, lines: ['CMD ["caddy", "run"]'] }
}

async function findBusybox(root: string): Promise<string> {
  const isThere = (await readdir(path.join(root, 'bin'))).includes('busybox')
  return path.join(root, isThere ? 'bin/busybox' : 'usr/bin/busybox')
}

/** A server that streams slowly under the name and the commands of Ollama. */
export async function addFakeOllama({ folder, lines }: Root): Promise<Root> {
  const fake = path.join(folder, 'opt/fake')
  const ours = 'gatekeeper/test/compose/stand-ins'
  await cp(path.join(repositoryRoot, 'scripts/demo'), path.join(fake, 'scripts/demo'), copying)
  await cp(path.join(import.meta.dirname, '../stand-ins'), path.join(fake, ours), copying)
  await writeFile(
    path.join(folder, 'usr/bin/ollama'),
    `#!/bin/sh\nexec node /opt/fake/${ours}/ollama.ts "$@"\n`,
    { mode: 0o755 },
  )
  return { folder, lines }
}

/** The real program in place of the fake one; null if it was never built on this machine. */
export async function addRealOllama({ folder, lines }: Root): Promise<Root | null> {
  const names = await readdir(cacheFolder()).catch(() => [])
  const built = names.filter((name) => /^ollama-\d/.test(name)).sort()
  const newest = built.at(-1)
  if (newest === undefined) return null
  const program = path.join(folder, 'usr/bin/ollama')
  await rm(program)
  await cp(path.join(cacheFolder(), newest, 'ollama'), program)
  return { folder, lines }
}
