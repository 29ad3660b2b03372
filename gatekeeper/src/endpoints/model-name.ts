import type { ServiceKind } from '../policy/service.ts'

/**
 * The one form of a model's many names. Ollama takes `m`, `m:latest`, `library/m`,
 * `registry.ollama.ai/library/m:latest` in any letter case and with spaces around, all for the same
 * model; elsewhere a name is what it is.
 */
export function normalizeModelName(kind: ServiceKind, name: string): string {
  if (kind !== 'ollama') return name
  const plain = name
    .trim()
    .toLowerCase()
    .replace(/^https?:\/\//, '')
    .replace(/:local$/, '')
    .replace(/^registry\.ollama\.ai\//, '')
    .replace(/^library\//, '')
  const lastSegment = plain.slice(plain.lastIndexOf('/') + 1)
  return lastSegment.includes(':') ? plain : `${plain}:latest`
}
