import { webcrypto } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { decodeText } from './text-file.ts'

/** The state of a file at one moment. */
export type FileState =
  | {
      readonly kind: 'text'
      readonly text: string
      /**
       * The file has no name any more (link count 0), although it can still be opened: it was
       * mounted as a single file and replaced outside. Its content will never change again.
       */
      readonly isDetached: boolean
    }
  | { readonly kind: 'absent' }
  /** `code` is that of the system (EACCES, EISDIR), `not-utf8` or `utf-16`. */
  | { readonly kind: 'unreadable'; readonly code: string }

/** Identifies one version of a file without reading it; null if there is no file. */
export type FileSignature = string | null

export async function signatureOf(path: string): Promise<FileSignature> {
  try {
    const { ino, size, mtimeNs, ctimeNs, nlink } = await stat(path, { bigint: true })
    return [ino, size, mtimeNs, ctimeNs, nlink].join(':')
  } catch (error) {
    const code = codeOf(error)
    return code === 'ENOENT' ? null : code
  }
}

const attemptsMax = 5

export type StableRead = {
  readonly state: FileState
  readonly signature: FileSignature
  /** Differs if the bytes differ, or the reason why they cannot be read. */
  readonly digest: string
}

/**
 * Reads a file so that the text never mixes two versions: if the file changes during a read, the
 * read is repeated. Never rejects.
 */
export async function readStable(path: string): Promise<StableRead> {
  for (let attempt = 1; ; attempt++) {
    const signature = await signatureOf(path)
    const bytes = await readFile(path).catch(codeOf)
    const after = await signatureOf(path)
    // After the last attempt, the older signature: the next check then finds a difference and reads
    // again.
    if (after === signature || attempt === attemptsMax) {
      const digest = typeof bytes === 'string' ? bytes : await digestOf(bytes)
      return { state: toState(bytes, isDetached(after)), signature, digest }
    }
  }
}

/** By the path and not by the open file, which loses its name in every ordinary rename. */
function isDetached(signature: FileSignature): boolean {
  return signature?.endsWith(':0') === true
}

/** In a separate thread: a large file would block requests for a tenth of a second. */
async function digestOf(bytes: Buffer<ArrayBuffer>): Promise<string> {
  return Buffer.from(await webcrypto.subtle.digest('SHA-256', bytes)).toString('hex')
}

function toState(bytes: Buffer<ArrayBuffer> | string, isDetached: boolean): FileState {
  if (bytes === 'ENOENT') return { kind: 'absent' }
  if (typeof bytes === 'string') return { kind: 'unreadable', code: bytes }
  try {
    return { kind: 'text', text: decodeText(bytes), isDetached }
  } catch (error) {
    return { kind: 'unreadable', code: codeOf(error) }
  }
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? 'unknown'
}
