import { X509Certificate } from 'node:crypto'
import type { Problem } from '../lib/problem.ts'
import type { ReportAt } from './report-at.ts'

const forms = /-----BEGIN ([A-Z0-9 ]+)-----[\s\S]*?-----END \1-----/g
const remedy =
  'Name a PEM file of the authority that signed the certificate, such as tls: {ca: certs/ca.pem}; the path starts at the folder of gatekeeper.yaml.'

type Deps = {
  readonly reportAt: ReportAt
  /** Reads a file whose path is relative to `gatekeeper.yaml`; throws if it cannot be read. */
  readonly readSecret: (path: string) => string
}

/**
 * Returns the certificates of a `tls: {ca: FILE}` as PEM text, or the problem with the file. `at`
 * is the place of `ca` in `gatekeeper.yaml`.
 */
export function readAuthority(
  path: string,
  at: readonly PropertyKey[],
  { reportAt, readSecret }: Deps,
): { readonly ca: string } | { readonly problem: Problem } {
  try {
    const text = readSecret(path)
    const fault = findFault(text)
    return fault === null ? { ca: text } : { problem: reportAt(at, `${path} ${fault}`, remedy) }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const why = `${path} cannot be read (${code ?? 'it is not text'})`
    return { problem: reportAt(at, why, remedy) }
  }
}

/** Returns why the text is not a list of certificates; null if it is one. */
function findFault(text: string): string | null {
  if (text.trim() === '') return 'is empty'
  const blocks = [...text.matchAll(forms)]
  if (blocks.length === 0) return 'has no certificate in PEM form (-----BEGIN CERTIFICATE-----)'
  // A private key is not needed here, and the file would be passed to two more programs.
  if (blocks.some(([, form]) => form?.endsWith('PRIVATE KEY'))) {
    return 'contains a private key: only certificates are allowed in it'
  }
  const bad = blocks.findIndex(([block]) => !isCertificate(block))
  return bad === -1 ? null : `has a block that is not a certificate: the ${ordinal(bad)}`
}

function isCertificate(block: string): boolean {
  try {
    new X509Certificate(block)
    return block.startsWith('-----BEGIN CERTIFICATE-----')
  } catch {
    return false
  }
}

const ordinal = (index: number) => ['first', 'second', 'third'][index] ?? `${index + 1}th`

/** Returns the certificates in the file at `path`; null if there is none, or a problem. */
export function readCa(
  path: string | undefined,
  at: readonly PropertyKey[],
  deps: Deps & { readonly problems: Problem[] },
): string | null {
  if (path === undefined) return null
  const read = readAuthority(path, at, deps)
  if ('ca' in read) return read.ca
  deps.problems.push(read.problem)
  return null
}
