import { readFile, stat } from 'node:fs/promises'

/** What a file is at one moment. */
export type FileState =
  | {
      readonly kind: 'text'
      readonly text: string
      /**
       * The file has no name any more (link count 0), though it can still be opened: it was
       * mounted as a single file, and replaced outside. What is read here will never change again.
       */
      readonly isDetached: boolean
    }
  | { readonly kind: 'absent' }
  /** `code` is that of the system (EACCES, EISDIR), or `not-utf8`. */
  | { readonly kind: 'unreadable'; readonly code: string }

/** What tells one version of a file from the next without reading it; null is no file. */
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

/**
 * Reads a file so that the text is not half of one version and half of the next: a read during
 * which the file changed is repeated. Never rejects.
 */
export async function readStable(
  path: string,
): Promise<{ readonly state: FileState; readonly signature: FileSignature }> {
  for (let attempt = 1; ; attempt++) {
    const signature = await signatureOf(path)
    const bytes = await readFile(path).catch(codeOf)
    const after = await signatureOf(path)
    // After the last attempt the older signature: the next look will differ from it, and read again.
    if (after === signature || attempt === attemptsMax) {
      return { state: toState(bytes, isDetached(after)), signature }
    }
  }
}

/** By its path and not by the open file: that one loses its name in every ordinary rename. */
function isDetached(signature: FileSignature): boolean {
  return signature?.endsWith(':0') === true
}

function toState(bytes: Buffer | string, isDetached: boolean): FileState {
  if (bytes === 'ENOENT') return { kind: 'absent' }
  if (typeof bytes === 'string') return { kind: 'unreadable', code: bytes }
  try {
    // Strict: a byte that is replaced makes another text than the one that was written.
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    return { kind: 'text', text, isDetached }
  } catch {
    return { kind: 'unreadable', code: 'not-utf8' }
  }
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? 'unknown'
}
