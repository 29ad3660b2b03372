import type { RunCommand } from './run-command.ts'

/** Older versions have vulnerabilities in identity fields (docs/SECURITY-MODEL.md). */
export const caddyVersionMin = '2.11.4'

/** Returns the version that `caddy version` prints, like `2.11.7` or `2.11.7-rc.1`, or null. */
export function parseCaddyVersion(text: string): string | null {
  return /^v?(\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?)/.exec(text.trim())?.[1] ?? null
}

/** A pre-release of the minimum version is older than it, so it is refused. */
export function isCaddyNewEnough(version: string): boolean {
  const [numbers = '', preRelease] = version.split(/-(.*)/)
  const parts = numbers.split('.').map(Number)
  const wanted = caddyVersionMin.split('.').map(Number)
  for (const [index, want] of wanted.entries()) {
    const part = parts[index] ?? 0
    if (part !== want) return part > want
  }
  return preRelease === undefined
}

/** Returns the version of the program at `path`, or text that describes what is wrong. */
export async function readCaddyVersion(
  path: string,
  run: RunCommand,
): Promise<{ version: string } | { wrong: string }> {
  const result = await run(path, ['version'], 10)
  if (result.errorCode !== null) return { wrong: `cannot be run (${result.errorCode})` }
  const version = result.status === 0 ? parseCaddyVersion(result.stdout) : null
  return version === null
    ? { wrong: 'does not print a version when it is run as `caddy version`' }
    : { version }
}
