import { describeEncoding } from '../lib/files/text-file.ts'
import type { Problem } from '../lib/problem.ts'

/** Says what to do about a key file that is there and cannot be read. */
export function describeUnreadable(source: string, code: string, uid: number | null): Problem {
  switch (code) {
    case 'EACCES':
    case 'EPERM':
      return {
        source,
        what: `may not be read by this process${uid === null ? '' : `, which runs as uid ${uid}`}`,
        remedy: `Give it the file (chown ${uid ?? 'USER'}), or a group that may read it (chmod 640); in containers the other way round is GATEKEEPER_UID, set to the owner's uid.`,
      }
    case 'EISDIR':
      return {
        source,
        what: 'is a folder',
        remedy:
          'Docker makes one where a mounted file is missing: remove it, mount the folder above.',
      }
    default: {
      const encoding = describeEncoding(code)
      if (encoding !== null) return { source, ...encoding }
      return { source, what: `cannot be read (${code})`, remedy: 'Look at its path and its disk.' }
    }
  }
}
