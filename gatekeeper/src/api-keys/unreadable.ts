import { describeEncoding } from '../lib/files/text-file.ts'
import type { Problem } from '../lib/problem.ts'

/** Describes a key file that exists but cannot be read, with the remedy. */
export function describeUnreadable(source: string, code: string, uid: number | null): Problem {
  switch (code) {
    case 'EACCES':
    case 'EPERM':
      return {
        source,
        what: `is not readable for this process${uid === null ? '' : `, which runs as uid ${uid}`}`,
        remedy: `Change its owner (chown ${uid ?? 'USER'}), or give its group read access (chmod 640). In containers you can set GATEKEEPER_UID to the owner's uid instead.`,
      }
    case 'EISDIR':
      return {
        source,
        what: 'is a folder',
        remedy:
          'Docker creates a folder if a mounted file is missing: remove it and mount the parent folder.',
      }
    default: {
      const encoding = describeEncoding(code)
      if (encoding !== null) return { source, ...encoding }
      return { source, what: `cannot be read (${code})`, remedy: 'Check its path and its disk.' }
    }
  }
}
