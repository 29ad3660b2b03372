import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { buildPackage } from '../../build.ts'

const run = promisify(execFile)

/** Runs a program in a folder. Rejects with all that it said. */
export async function runIn(folder: string, command: string, ...words: string[]): Promise<string> {
  const options = { cwd: folder, maxBuffer: 64 * 1024 * 1024, timeout: 280_000 }
  try {
    return (await run(command, words, options)).stdout
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string }
    throw new Error(`${command} ${words.join(' ')}\n${stdout}\n${stderr}`)
  }
}

/** Builds the package and returns the path of its tarball in a folder. */
export async function packInto(root: string, folder: string): Promise<string> {
  await buildPackage(root)
  const words = ['pack', join(root, 'sdk'), '--json', '--pack-destination', folder]
  const [packed] = JSON.parse(await runIn(folder, 'npm', ...words)) as { filename: string }[]
  return join(folder, packed?.filename ?? '')
}

/** Installs what package.json of the folder names, without scripts of packages. */
export async function installIn(folder: string): Promise<void> {
  await runIn(
    folder,
    'npm',
    'install',
    '--ignore-scripts',
    '--prefer-offline',
    '--no-audit',
    '--no-fund',
  )
}
