import { z } from 'zod'

/** `tls` of a service's upstream and of an issuer: a file of authorities, relative to this one. */
export const tls = z.strictObject(
  {
    ca: z
      .string('must be the path of a PEM file, such as certs/ca.pem')
      .min(1)
      .describe('A PEM file with the certificate of an authority, relative to this one'),
  },
  {
    error: (issue) =>
      issue.code === 'invalid_type' ? 'must name a file: tls: {ca: certs/ca.pem}' : undefined,
  },
)
