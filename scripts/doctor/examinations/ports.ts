import { basename } from 'node:path'
import { isLoopback } from '../../../gatekeeper/src/lib/net/cidr.ts'
import type { Service } from '../../../gatekeeper/src/model/service.ts'
import type { Examination } from '../../../gatekeeper/src/operations/doctor/examination.ts'
import type { Finding } from '../../../gatekeeper/src/operations/doctor/finding.ts'
import type { ComposeFile, ComposeService, ComposeText } from '../compose-file.ts'
import type { Context } from '../context.ts'

/** Ways around Caddy: published ports, shared networks, listeners that others reach. */
export const ports: Examination<Context> = {
  name: 'ports',
  examine: (context) => [
    ...context.composeFiles.flatMap(judgeFile),
    ...judgeAnonymous(context),
    ...judgeListeners(context),
  ],
}

function judgeFile({ path, services, fault }: ComposeFile): Finding[] {
  if (fault !== null) {
    const remedy = 'Correct it: `docker compose config` says where.'
    return [{ level: 'warning', source: path, what: `${fault}, so it was not examined`, remedy }]
  }
  return services.flatMap((service) => [
    ...service.ports.flatMap((port) => judgePort(path, service.name, port)),
    ...judgeNetwork(path, service),
    ...judgePowers(path, service),
  ])
}

function judgePort(source: string, name: string, { text, line }: ComposeText): Finding[] {
  const target = text.split('/')[0]?.split(':').at(-1)
  if (name === 'caddy') {
    if (target !== '2019') return []
    const what = 'caddy publishes its admin endpoint, which can take the gate away'
    return [{ level: 'error', source, line, what, remedy: `Remove the port ${text}.` }]
  }
  const host = /^(\[.*\]|[\d.]+):\d*:/.exec(text)?.[1]?.replace(/[[\]]/g, '')
  const isOwn = host !== undefined && isLoopback(host)
  // This file is for a gatekeeper on the host, which reaches LiteLLM by loopback; LiteLLM asks for its key.
  if (isOwn && name === 'litellm' && basename(source) === 'compose.litellm.yaml') return []
  const who = isOwn ? 'every program of this machine' : 'everybody who reaches this machine'
  const what = `${name} publishes ${text}: ${who} calls it past the gate`
  const remedy = `Remove \`ports\` of ${name}; only caddy publishes any.`
  return [{ level: isOwn ? 'warning' : 'error', source, line, what, remedy }]
}

function judgeNetwork(source: string, { name, networkMode }: ComposeService): Finding[] {
  if (networkMode === null) return []
  const { text, line } = networkMode
  if (text === 'host') {
    const what = `${name} uses the network of the host: what it listens on is reached past the gate`
    const remedy = 'Remove `network_mode: host`, and give it a network of its own.'
    return [{ level: 'error', source, line, what, remedy }]
  }
  if (!text.startsWith('service:') && !text.startsWith('container:')) return []
  const what = `${name} shares a network with ${text.replace(/^\w+:/, '')}: each reaches all that the other keeps on loopback`
  return [{ level: 'warning', source, line, what, remedy: 'Give it a network of its own.' }]
}

function judgePowers(source: string, { name, privileged, volumes }: ComposeService): Finding[] {
  const found: Finding[] = []
  if (privileged?.text === 'true') {
    const what = `${name} is privileged: whoever takes it over has the host`
    const remedy = 'Remove `privileged: true`.'
    found.push({ level: 'error', source, line: privileged.line, what, remedy })
  }
  for (const { text, line } of volumes.filter((volume) => volume.text.includes('docker.sock'))) {
    const what = `${name} has the Docker socket (${text}): whoever takes it over has the host`
    found.push({ level: 'error', source, line, what, remedy: 'Remove that volume.' })
  }
  return found
}

function judgeAnonymous({ settings, gateway }: Context): Finding[] {
  if (isLoopback(settings.bind)) return []
  const open = gateway.services.filter(isOpen).map(({ name }) => name)
  if (open.length === 0) return []
  const what = `${open.join(', ')} answers without a key (anonymous: true), and GATEKEEPER_BIND lets other machines in`
  const remedy = 'Remove `anonymous: true`, or bind to 127.0.0.1.'
  return [{ level: 'warning', source: settings.configFile, what, remedy }]
}

function isOpen({ anonymous, chat, routes }: Service): boolean {
  return anonymous || (chat?.visitor != null && routes.length > 0)
}

/** Only Caddy should call there; the edge secret refuses all others, and is the last protection. */
function judgeListeners({ settings }: Context): Finding[] {
  const listeners = [
    ['GATEKEEPER_RELAY_LISTEN', settings.relayListen],
    ['GATEKEEPER_CHECK_LISTEN', settings.checkListen],
  ] as const
  return listeners.flatMap(([source, listen]): Finding[] => {
    if (listen.kind === 'unix' || isLoopback(listen.host)) return []
    const what = `the gatekeeper listens on ${listen.host}:${listen.port}, beside Caddy`
    const remedy = 'Use unix:PATH or 127.0.0.1:PORT, or a network that only Caddy is on.'
    return [{ level: 'warning', source, what, remedy }]
  })
}
