/**
 * The two secrets by which Caddy and the gatekeeper authenticate each other: Caddy sends `edge`
 * with every request, and accepts no permit without `proof`. Created at first start; Caddy reads
 * them from a snippet, because a response matcher expands no variables at run time.
 */
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadConsoleEdge } from './console-edge.ts'
import { isSecret, makeSecret, readOrMakeFile } from './secret-file.ts'

export type FrontSecrets = { readonly edge: string; readonly proof: string }

/**
 * Reads or creates the secrets of a state folder, and writes Caddy's snippet. Throws as `node:fs`
 * does, and an Error that names the file if its content is not valid.
 */
export function loadFrontSecrets(stateDir: string): FrontSecrets {
  const folder = join(stateDir, 'caddy')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const path = join(stateDir, 'front-secrets.json')
  const made = JSON.stringify({ edge: makeSecret(), proof: makeSecret() })
  const secrets = parse(readOrMakeFile(path, made), path)
  const snippet = toSnippet(secrets, loadConsoleEdge(stateDir))
  replaceFile(join(folder, 'secrets.caddy'), snippet)
  return secrets
}

function parse(text: string, path: string): FrontSecrets {
  try {
    const { edge, proof } = JSON.parse(text) as Record<string, unknown>
    if (isSecret(edge) && isSecret(proof) && edge !== proof) {
      return { edge, proof }
    }
  } catch {
    // The message of JSON.parse quotes the text, and the text is secret.
  }
  throw new Error(
    `${path} does not contain both secrets. Delete it; the next start creates new ones`,
  )
}

function toSnippet(secrets: FrontSecrets, consoleEdge: string): string {
  return `# Made by the gatekeeper at every start. Secret, and not to be edited.
(edge) {
	header_up X-Gatekeeper-Edge ${secrets.edge}
}
(edge_health) {
	X-Gatekeeper-Edge ${secrets.edge}
}
(proof) {
	header X-Gatekeeper-Proof ${secrets.proof}
}
(console_edge) {
	header_up X-Gatekeeper-Edge ${consoleEdge}
}
`
}

/**
 * Readers see the old text or the new one; both are readable for this user only. Throws as
 * `node:fs` does.
 */
export function replaceFile(path: string, text: string): void {
  const temporary = `${path}.${process.pid}.tmp`
  // A file that was left by a crash would keep its own mode.
  rmSync(temporary, { force: true })
  writeFileSync(temporary, text, { mode: 0o600 })
  renameSync(temporary, path)
}
