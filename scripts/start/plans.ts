import { join } from 'node:path'
import { type CaddySurroundings, caddyEnvironment } from '../caddy/caddy-environment.ts'
import type { Upstreams } from './choose-upstreams.ts'
import type { NodePlan } from './gatekeeper-node.ts'
import type { Configuration } from './read-configuration.ts'
import type { PartPlan } from './supervise.ts'

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
      ...env,
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

/** Logger and message of the warnings that Caddy logs at each start with our Caddyfile. */
const startUpWarnings = [
  '\tadmin\tadmin endpoint disabled',
  '\thttp.auto_https\tserver is listening only on the HTTP port, so no automatic HTTPS will be applied to this server\t',
  '\thttp\tHTTP/2 skipped because it requires TLS\t',
]

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
    hidden: deps.isTerminal ? startUpWarnings : [],
  }
}
