/**
 * The models that an upstream in OpenAI's form serves. Fetched again when the list is old; if that
 * fails there is no list, because an old one could allow models that are gone.
 */
import type { Clock } from '../lib/clock.ts'
import { addressOf, type Upstream } from '../model/service.ts'

export type ModelListDeps = {
  readonly upstream: Upstream
  readonly clock: Clock
  /** Resolves with the text of a document, or rejects. */
  readonly fetchDocument: (
    url: string,
    options: {
      readonly fields: Readonly<Record<string, string>>
      readonly ca?: string | undefined
    },
  ) => Promise<string>
  /** Called with the code of an error if there is no list. */
  readonly onFault?: (code: string) => void
}

const freshMs = 15_000
/** After a failure, waiting requests do not each fetch the list again. */
const failedMs = 1_000

/**
 * Returns a function that resolves with the names of the models; null if they are not available.
 * Never rejects.
 */
export function createModelList(deps: ModelListDeps): () => Promise<readonly string[] | null> {
  let names: readonly string[] | null = null
  let staleAt = 0
  let asking: Promise<readonly string[] | null> | null = null
  const ask = async () => {
    names = await askUpstream(deps).catch(({ code = '' }: NodeJS.ErrnoException) => {
      deps.onFault?.(code)
      return null
    })
    staleAt = deps.clock() + (names === null ? failedMs : freshMs)
    asking = null
    return names
  }
  return async () => {
    if (deps.clock() < staleAt) return names
    asking ??= ask()
    return await asking
  }
}

async function askUpstream({ upstream, fetchDocument }: ModelListDeps): Promise<string[] | null> {
  const { key, ca } = upstream
  const fields: Record<string, string> = key === null ? {} : { authorization: `Bearer ${key}` }
  const url = `${addressOf(upstream)}/v1/models`
  const document: unknown = JSON.parse(await fetchDocument(url, { fields, ca }))
  const { data } = document as { readonly data?: unknown }
  if (!Array.isArray(data)) return null
  const ids = data.map((entry: { readonly id?: unknown } | null) => entry?.id)
  const names = ids.filter((id) => typeof id === 'string')
  // A starting server has none yet: such a list is not kept.
  return names.length === 0 ? null : names
}
