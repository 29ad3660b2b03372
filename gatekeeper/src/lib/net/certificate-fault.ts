/**
 * Codes of a certificate whose authority is not trusted (Node, "X509 certificate error codes").
 */
const untrusted = new Set([
  ...['DEPTH_ZERO_SELF_SIGNED_CERT', 'SELF_SIGNED_CERT_IN_CHAIN', 'CERT_UNTRUSTED'],
  ...['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'UNABLE_TO_GET_ISSUER_CERT'],
  ...['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'CERT_SIGNATURE_FAILURE', 'INVALID_CA'],
])
/**
 * Codes of a certificate that fails for another reason than its authority, each with the remedy.
 */
const others: ReadonlyMap<string, string> = new Map([
  ['CERT_HAS_EXPIRED', 'It has expired: renew it.'],
  ['CERT_NOT_YET_VALID', 'It is not valid yet: compare the clocks of both machines.'],
  ['CERT_REVOKED', 'Its authority revoked it: renew it.'],
  ['INVALID_PURPOSE', 'It is not a server certificate: create one for that purpose.'],
  [
    'ERR_TLS_CERT_ALTNAME_INVALID',
    'It is for another name: use a name that is in the certificate.',
  ],
  ['HOSTNAME_MISMATCH', 'It is for another name: use a name that is in the certificate.'],
])

/** Returns whether an error with this code means that a server's certificate was not accepted. */
export function isCertificateFault(code: string): boolean {
  return untrusted.has(code) || others.has(code)
}

/** Returns the remedy. `place` is where `tls` is written: `services.NAME.upstream`. */
export function cureOfCertificate(code: string, place: string): string {
  return (
    others.get(code) ??
    `Write tls: {ca: FILE} below ${place} in gatekeeper.yaml, with a PEM file of the authority that signed it; or start with NODE_EXTRA_CA_CERTS=FILE.`
  )
}
