import type { ModelNames } from '../../model/kind.ts'
import { isCloudName } from '../model-name.ts'

/**
 * Ollama takes `m`, `m:latest`, `library/m`, `registry.ollama.ai/library/m:latest` in any letter case
 * and with spaces around, all for the same model.
 */
function normalize(name: string): string {
  const plain = plainName(name)
  return lastSegment(plain).includes(':') ? plain : `${plain}:latest`
}

/** Returns a name without spaces around it, scheme, source, and the default parts. */
function plainName(name: string): string {
  const text = name
    .trim()
    .toLowerCase()
    .replace(/^https?:\/\//, '')
    .replace(/(?:\s*:\s*local)+$/, '')
  const parts = text.split('/')
  // A host stands before a namespace only: `registry.ollama.ai/m` is a model of that namespace.
  if (parts.length === 3 && parts[0] === 'registry.ollama.ai') parts.shift()
  if (parts.length === 2 && parts[0] === 'library') parts.shift()
  return parts.join('/')
}

const lastSegment = (name: string) => name.slice(name.lastIndexOf('/') + 1)

function normalizePattern(pattern: string): string {
  if (!pattern.includes('*')) return normalize(pattern)
  const plain = plainName(pattern)
  return /[:*]/.test(lastSegment(plain)) ? plain : `${plain}:latest`
}

export const modelNames: ModelNames = { normalize, normalizePattern, isCloud: isCloudName }
