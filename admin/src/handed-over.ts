import { z } from 'zod'

/**
 * What the gatekeeper states about a request that it admitted (model/handed-over.ts there). It is
 * believed because only the gatekeeper's user can open the socket.
 */
export const handedOver = z.strictObject({
  method: z.string(),
  pattern: z.string(),
  params: z.record(z.string(), z.string()),
  query: z.string(),
  body: z.unknown(),
  principal: z.strictObject({
    id: z.string(),
    kind: z.string(),
    user: z.string(),
    role: z.string(),
    services: z.array(z.string()),
  }),
  clientAddress: z.string(),
  userAgent: z.string().nullable(),
  requestId: z.string(),
})

export type HandedOver = z.infer<typeof handedOver>
