import type { Settings } from '../../gatekeeper/src/config/read-settings.ts'
import { addressOf, type Service } from '../../gatekeeper/src/model/service.ts'
import type { DemoUpstream } from '../demo/demo-upstream.ts'

/** The usual addresses of the two model servers. */
const usual = { ollama: 'http://127.0.0.1:11434', litellm: 'http://127.0.0.1:4000' }
const probeMsMax = 700

export type Upstreams = {
  readonly ollamaUrl: string | null
  readonly litellmUrl: string | null
  readonly demo: DemoUpstream | null
  /** What was found and what it means, for people. */
  readonly notes: readonly string[]
}

export type UpstreamDeps = {
  /** Whether that kind of server answers at the address. */
  readonly probe: (kind: 'ollama' | 'litellm', url: string) => Promise<boolean>
  readonly startDemo: () => Promise<DemoUpstream>
  readonly isTerminal: boolean
}

/**
 * Chooses where requests go: the configured upstreams, else those that answer at the usual addresses,
 * else, for a person on a terminal, the demonstration.
 */
export async function chooseUpstreams(
  settings: Settings,
  services: readonly Service[],
  deps: UpstreamDeps,
): Promise<Upstreams> {
  const configured = findConfigured(settings, services)
  const isOpen = configured.ollamaUrl === null && configured.litellmUrl === null
  const hasOllama = isOpen && (await deps.probe('ollama', usual.ollama))
  const hasLitellm = isOpen && (await deps.probe('litellm', usual.litellm))
  const found = {
    ollamaUrl: configured.ollamaUrl ?? (hasOllama ? usual.ollama : null),
    litellmUrl:
      configured.litellmUrl ??
      (hasLitellm && settings.litellmMasterKey !== null ? usual.litellm : null),
  }
  const notes = describe(found, { isOpen, hasLitellm })
  const isNothing = isOpen && found.ollamaUrl === null && found.litellmUrl === null
  if (!isNothing) return { ...found, demo: null, notes }
  return await withoutUpstream(settings, notes, deps)
}

async function withoutUpstream(
  settings: Settings,
  notes: readonly string[],
  deps: UpstreamDeps,
): Promise<Upstreams> {
  const none = { ollamaUrl: null, litellmUrl: null }
  if (!deps.isTerminal && !settings.demo) {
    const note = `no model server answers at ${usual.ollama}: requests get 503 until one does (set OLLAMA_URL, or GATEKEEPER_DEMO=1 for a demonstration)`
    return { ...none, demo: null, notes: [...notes, note] }
  }
  const demo = await deps.startDemo()
  const note =
    'DEMONSTRATION: no model server was found, so a demo upstream answers; it is not a model'
  return { ...none, ollamaUrl: demo.url, demo, notes: [...notes, note] }
}

/** From the settings, or from gatekeeper.yaml where that names another place than the usual one. */
function findConfigured(settings: Settings, services: readonly Service[]) {
  const addressFor = (name: string) =>
    services.flatMap((service) =>
      service.name === name && service.upstream !== null ? [addressOf(service.upstream)] : [],
    )[0] ?? null
  const ollama = addressFor('ollama')
  return {
    ollamaUrl: settings.ollamaUrl ?? (ollama === usual.ollama ? null : ollama),
    litellmUrl: settings.litellmUrl ?? addressFor('litellm'),
  }
}

function describe(
  found: { readonly ollamaUrl: string | null; readonly litellmUrl: string | null },
  seen: { readonly isOpen: boolean; readonly hasLitellm: boolean },
): string[] {
  const how = seen.isOpen ? 'found' : 'configured'
  const notes: string[] = []
  if (found.ollamaUrl !== null) notes.push(`Ollama: ${found.ollamaUrl} (${how})`)
  if (found.litellmUrl !== null) notes.push(`LiteLLM: ${found.litellmUrl} (${how})`)
  if (seen.hasLitellm && found.litellmUrl === null) {
    notes.push(`LiteLLM answers at ${usual.litellm} but is not used: LITELLM_MASTER_KEY is not set`)
  }
  return notes
}

/** Requests a path that only that kind of server has, without a credential. */
export async function probeUpstream(kind: 'ollama' | 'litellm', url: string): Promise<boolean> {
  const path = kind === 'ollama' ? '/api/version' : '/health/liveliness'
  try {
    const signal = AbortSignal.timeout(probeMsMax)
    const response = await fetch(url + path, { signal, redirect: 'manual' })
    const text = await response.text()
    return response.status === 200 && (kind === 'litellm' || text.includes('"version"'))
  } catch {
    return false
  }
}
