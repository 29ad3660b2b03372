/** Parameters and answers of `/oauth` and of the well-known documents (RFC 6749, 7662, 7009, 8414, 9728). */
import { z } from 'zod'

const client = { client_id: z.string().optional(), client_secret: z.string().optional() }

/** Lists are separated by spaces, `limits` by commas. */
export const grantParameters = z.looseObject({
  grant_type: z.enum(['client_credentials', 'urn:ietf:params:oauth:grant-type:token-exchange']),
  ...client,
  scope: z.string().optional(),
  resource: z.string().optional(),
  subject_token: z.string().optional(),
  subject_token_type: z.string().optional(),
  requested_token_type: z.string().optional(),
  role: z.string().optional(),
  services: z.string().optional(),
  models: z.string().optional(),
  addresses: z.string().optional(),
  limits: z.string().optional(),
  expires_in: z.string().optional(),
})

export const tokenParameters = z.looseObject({ token: z.string(), ...client })

export const grantAnswer = z.strictObject({
  access_token: z.string(),
  issued_token_type: z.string().optional(),
  token_type: z.literal('Bearer'),
  expires_in: z.int(),
  scope: z.string(),
})

export const introspectionAnswer = z.looseObject({ active: z.boolean() })

export const keySet = z.looseObject({ keys: z.array(z.looseObject({ kty: z.string() })) })
export const serverMetadata = z.looseObject({ issuer: z.string(), token_endpoint: z.string() })
export const resourceMetadata = z.looseObject({
  resource: z.string(),
  authorization_servers: z.array(z.string()),
})
