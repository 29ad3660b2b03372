import { join } from 'node:path'
import { allRows, settingNames } from '../../gatekeeper/src/config/all-settings.ts'
import { toCaddyAddress } from '../../gatekeeper/src/config/listen.ts'
import { providers } from '../../gatekeeper/src/kinds/providers/providers.ts'
import { type CaddySurroundings, caddyEnvironment } from '../caddy/caddy-environment.ts'
import type { Upstreams } from './choose-upstreams.ts'
import type { NodePlan } from './gatekeeper-node.ts'
import type { Configuration } from './read-configuration.ts'
import type { PartPlan } from './supervise.ts'

/** Settings of providers of people's sign-in, which the admin process alone reads. */
const signInNames = new Set(
  (
    'GITHUB_CLIENT_ID GITHUB_CLIENT_SECRET GITHUB_CLIENT_SECRET_FILE GITHUB_URL ' +
    'GITHUB_ORGANIZATION GOOGLE_CLIENT_ID GOOGLE_CLIENT_SECRET GOOGLE_CLIENT_SECRET_FILE ' +
    'GOOGLE_HOSTED_DOMAIN'
  ).split(' '),
)

/** How the gatekeeper is started: the same environment, with the upstreams that were chosen. */
export function planGatekeeper(
  root: string,
  { env, settings, services }: Configuration,
  { upstreams, node }: { readonly upstreams: Upstreams; readonly node: NodePlan },
): PartPlan {
  const knows = (name: string) => services.some((service) => service.name === name)
  const { ollamaUrl, litellmUrl } = upstreams
  return {
    name: 'the gatekeeper',
    command: process.execPath,
    words: node.words,
    cwd: root,
    env: {
      ...node.env,
      ...Object.fromEntries(Object.entries(env).filter(([name]) => !signInNames.has(name))),
      // Only if nothing is set: the other name of LITELLM_URL would contradict it.
      ...(ollamaUrl !== null && knows('ollama') && { OLLAMA_URL: ollamaUrl }),
      ...(litellmUrl !== null &&
        settings.litellmUrl === null &&
        knows('litellm') && { LITELLM_URL: litellmUrl }),
    },
    drainSeconds: 13,
    hidden: [],
  }
}

/** What the admin process gets of the environment, besides settings that are not secret. */
const plainNames = new Set(['PATH', 'HOME', 'LANG', 'TZ', 'TMPDIR'])

/**
 * How the admin process is started. Of secrets it gets those of people's sign-in alone: neither keys
 * of providers, of which it learns only that they are there, nor those of clients, whose ids would be
 * a problem without them.
 */
export function planAdmin(
  root: string,
  { env }: Pick<Configuration, 'env'>,
  { words, env: own }: NodePlan,
): PartPlan {
  const plainRows = allRows.filter(
    ({ name, kind }) => kind !== 'secret' && !name.startsWith('OAUTH_CLIENT_'),
  )
  const plain = plainRows.flatMap(({ name, aliases = [] }) => [name, ...aliases])
  const names = new Set([...plain, ...signInNames])
  const kept = Object.entries(env).filter(([name]) => names.has(name) || plainNames.has(name))
  return {
    name: 'the admin process',
    command: process.execPath,
    // It has no load: little space for young objects takes less memory (docs/benchmarks.md).
    words: ['--max-semi-space-size=1', ...words],
    cwd: root,
    env: { ...own, ...Object.fromEntries(kept), ...marksOf(env) },
    drainSeconds: 8,
    hidden: [],
    isOptional: true,
  }
}

/** Stands for the key of each provider that has one: without it the console knows no such service. */
function marksOf(env: Configuration['env']): Readonly<Record<string, string>> {
  const marks = providers.flatMap(({ provider: { variable, otherVariables = [] } }) => {
    const names = [variable, ...otherVariables].map((one) => settingNames(one).key)
    const isSet = (name: string) => (env[name] ?? '') !== '' || (env[`${name}_FILE`] ?? '') !== ''
    return names.some(isSet) ? [[settingNames(variable).key, 'is-set'] as const] : []
  })
  return Object.fromEntries(marks)
}

/** Logger and message of the warnings that Caddy logs at each start with our Caddyfile. */
const startUpWarnings = [
  '\tadmin\tadmin endpoint disabled',
  '\thttp.auto_https\tserver is listening only on the HTTP port, so no automatic HTTPS will be applied to this server\t',
  '\thttp\tHTTP/2 skipped because it requires TLS\t',
]

/**
 * How Caddy's log begins what it says when a page of the console is left: its stream of events has no
 * other end.
 */
function leftPages({ consoleListen }: Configuration['settings']): readonly string[] {
  if (consoleListen === null) return []
  const upstream = JSON.stringify(toCaddyAddress(consoleListen))
  return [`\taborting with incomplete response\t{"upstream": ${upstream}`]
}

/** How Caddy is started; its own grace period is 8 s. */
export function planCaddy(
  root: string,
  { env, settings }: Configuration,
  deps: Omit<CaddySurroundings, 'env'> & { readonly path: string },
): PartPlan {
  const config = join(root, 'caddy', 'Caddyfile')
  return {
    name: 'Caddy',
    command: deps.path,
    words: ['run', '--config', config, '--adapter', 'caddyfile'],
    cwd: root,
    env: caddyEnvironment(settings, { env, ...deps }),
    drainSeconds: 11,
    hidden: deps.isTerminal ? [...startUpWarnings, ...leftPages(settings)] : [],
  }
}
