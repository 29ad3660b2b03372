import { isIP } from 'node:net'
import type { Service } from '../../gatekeeper/src/model/service.ts'
import { demoModel } from '../demo/demo-model.ts'

export type NextSteps = {
  readonly site: string
  readonly port: number
  /** Where this machine reaches Caddy. */
  readonly address: string
  /** Caddy's root certificate; null if the certificate is a public one. */
  readonly caFile: string | null
  readonly services: readonly Service[]
  /** A model that the upstream has; null if none is known. */
  readonly model: string | null
  /** The key that was just made; null if the reader has one already, or none. */
  readonly key: string | null
  /** The lines about the chat widget; left out if there is none. */
  readonly widget?: readonly string[]
}

export const addKeyCommand =
  'npm run keys -- add --user NAME --service ollama --role readwrite --expires 30d'

export function baseUrlOf({ site, port }: { site: string; port: number }): string {
  return `https://${bracket(site)}${port === 443 ? '' : `:${port}`}`
}

/** Returns what to do next, as lines for a person; every command line can be pasted as it is. */
export function writeNextSteps(steps: NextSteps): string[] {
  const { caFile, key } = steps
  const model = steps.model ?? 'MODEL'
  const native = findPath(steps.services, 'ollama', '/api/generate')
  const compatible =
    findPath(steps.services, 'ollama', '/v1/chat/completions') ??
    findPath(steps.services, 'openai', '/v1/chat/completions')
  const messages = [{ role: 'user', content: 'Who are you?' }]
  const prompt = 'Who are you?'
  return [
    ...(key === null ? ['With a key in GK_API_KEY:', ''] : ['Try it:', '']),
    ...section('Ollama, native', native, (path) =>
      curl(steps, path, { model, prompt, stream: false }),
    ),
    ...section('OpenAI style', compatible, (path) => curl(steps, path, { model, messages })),
    ...(steps.model === null ? ['  MODEL: the upstream has not listed one yet.', ''] : []),
    ...(model === demoModel ? ['  The answers are a demonstration, not a model.', ''] : []),
    ...(steps.widget ?? []),
    ...hostAddresses(steps).map(({ name, address }) => `${`${name}:`.padEnd(11)} ${address}`),
    ...(caFile === null ? [] : [`CA certificate, for clients to trust: ${caFile}`]),
    `Add a key:  ${addKeyCommand}`,
    'Stop:       Ctrl-C',
  ]
}

function section(
  title: string,
  path: string | null,
  command: (path: string) => string,
): readonly string[] {
  return path === null ? [] : [`  # ${title}`, `  ${command(path)}`, '']
}

/** Where the routes are that have a host of their own. */
export function hostAddresses({ services, port }: Pick<NextSteps, 'services' | 'port'>) {
  return services.flatMap(({ name, routes }) =>
    routes.flatMap(({ host, prefix }) =>
      host === undefined ? [] : [{ name, address: `${baseUrlOf({ site: host, port })}${prefix}/` }],
    ),
  )
}

/** The public path of an endpoint: under a prefix that is stripped, or as it is. */
export function findPath(
  services: readonly Service[],
  kindName: string,
  path: string,
): string | null {
  const routes = services
    .filter((service) => service.kind.name === kindName)
    .flatMap(({ routes }) => routes)
  const relayed = routes.filter(({ host, mode }) => host === undefined && mode === 'relay')
  const plain = relayed.find(({ strip, prefix }) => !strip && path.startsWith(`${prefix}/`))
  if (plain) return path
  const stripped = relayed.find(({ strip }) => strip)
  return stripped ? stripped.prefix + path : null
}

function curl(steps: NextSteps, path: string, body: unknown): string {
  const { site, port, address, caFile, key } = steps
  const url = quote(baseUrlOf({ site, port }) + path)
  const credential = key === null ? '"X-API-Key: $GK_API_KEY"' : quote(`X-API-Key: ${key}`)
  return [
    'curl',
    ...(caFile === null ? [] : ['--cacert', quote(caFile)]),
    // No name server knows these names: they are on this machine.
    ...(caFile === null || site === 'localhost' || isIP(site) !== 0
      ? []
      : ['--resolve', quote(`${site}:${port}:${bracket(address)}`)]),
    ...['-H', credential, '-H', "'Content-Type: application/json'"],
    ...['-d', quote(JSON.stringify(body)), url],
  ].join(' ')
}

function bracket(host: string): string {
  return isIP(host) === 6 ? `[${host}]` : host
}

/** For a POSIX shell; what needs no quotes gets none. */
export function quote(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}
