/** Queries, bodies and answers of `/api/PROVIDER`. */
import { z } from 'zod'

const endpoint = z.string().min(1)

/** The endpoint of the provider, and the members of its request. */
export const adapterBody = z.looseObject({ endpoint })
export const adapterQuery = z.looseObject({ endpoint })

export const endpointsAnswer = z.strictObject({
  api: z.string(),
  configured: z.boolean(),
  baseUrl: z.string().nullable(),
  allowedEndpoints: z.array(z.string()),
})
