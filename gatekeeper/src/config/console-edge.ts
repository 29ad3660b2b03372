/**
 * The secret by which the admin process recognises Caddy at the console's socket. It is not that of
 * the gatekeeper's points: the admin process never learns theirs. Created at first start, in a
 * folder that the admin's container may read.
 */
import { join } from 'node:path'
import { isSecret, makeSecret, readOrMakeFile } from './secret-file.ts'

/** Returns the file of the secret. */
export function consoleEdgeFile(stateDir: string): string {
  return join(stateDir, 'console', 'edge.json')
}

/**
 * Reads or creates the secret of a state folder. Throws as `node:fs` does, and an Error that names
 * the file if its content is not valid.
 */
export function loadConsoleEdge(stateDir: string): string {
  const path = consoleEdgeFile(stateDir)
  return parseConsoleEdge(readOrMakeFile(path, JSON.stringify({ edge: makeSecret() })), path)
}

/** Returns the secret of the file's text; throws an Error that names the file and not its text. */
export function parseConsoleEdge(text: string, path: string): string {
  try {
    const { edge } = JSON.parse(text) as Record<string, unknown>
    if (isSecret(edge)) return edge
  } catch {
    // The message of JSON.parse quotes the text, and the text is secret.
  }
  throw new Error(
    `${path} does not contain the secret. Delete it; the next start creates a new one`,
  )
}
