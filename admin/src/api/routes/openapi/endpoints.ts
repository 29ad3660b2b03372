/** The description of the API, for tools. It says the same to everybody. */
import { z } from 'zod'
import type { ApiDeps } from '../../api-deps.ts'
import { defineEndpoint, type Endpoint } from '../../endpoint.ts'
import { describeApi } from '../../openapi.ts'

/** Returns the row of `/openapi.json`; `rows` are all others. */
export function openapiEndpoint(
  rows: readonly Endpoint[],
  { version }: Pick<ApiDeps, 'version'>,
): Endpoint {
  let made: object | null = null
  const own = defineEndpoint({
    method: 'GET',
    path: '/openapi.json',
    summary: 'Describes this API.',
    roles: 'open',
    answers: { 200: z.looseObject({ openapi: z.string() }) },
    handle: async () => {
      // Made when it is first asked for: most processes never need it.
      made ??= describeApi([...rows, own], version)
      return { status: 200, body: made }
    },
  })
  return own
}
