/** Reads the body of a call: JSON in UTF-8, of a bounded size, in which no member comes twice. */
import type Koa from 'koa'
import { JsonNormalizer } from '../../../gatekeeper/src/lib/json/json-normal.ts'
import { ApiError } from './api-error.ts'

export const bodyBytesMax = 64 * 1024

type ReadRequest = { readonly body?: unknown; readonly rawBody?: unknown }

/** Returns a function that reads a body of at most so many bytes; undefined if there is none. */
export function createBodyReader(bytesMax: number): (context: Koa.Context) => Promise<unknown> {
  const load = async () => {
    const { koaBody } = await import('koa-body')
    return koaBody({
      ...{ json: true, jsonStrict: true, jsonTypes: ['application/json'], jsonLimit: bytesMax },
      ...{ urlencoded: false, text: false, multipart: false, includeUnparsed: true },
      // Without `parsedMethods` it reads those of POST, PUT and PATCH.
      patchNode: false,
      // The parser's own error has the whole text of the body.
      onError: (error) => {
        throw refusalOf((error as { readonly status?: number }).status)
      },
    })
  }
  let loading: ReturnType<typeof load> | null = null
  return async (context) => {
    if (!hasBody(context)) return undefined
    requireJson(context)
    // With the first body: the parser and the forms that it could read take 10 MB.
    loading ??= load()
    await (await loading)(context, async () => {})
    const { body, rawBody } = context.request as ReadRequest
    requireOneReading(rawBody)
    return body
  }
}

function hasBody({ req }: Koa.Context): boolean {
  const { 'content-length': length, 'transfer-encoding': coding } = req.headers
  return coding !== undefined || (length !== undefined && length !== '0')
}

/** Exactly JSON in UTF-8 and not compressed: a page of another site can send forms without asking. */
function requireJson({ req }: Koa.Context): void {
  const type = req.headers['content-type'] ?? ''
  const isJson = /^application\/json *(?:; *charset="?utf-8"? *)?$/i.test(type)
  if (isJson && req.headers['content-encoding'] === undefined) return
  throw new ApiError('unsupported_media_type', 'The body must be application/json, as it is.')
}

/** Readers differ about members that come twice, and about bytes that are not UTF-8. */
function requireOneReading(text: unknown): void {
  // The parser has put this in the place of what is not UTF-8.
  if (typeof text !== 'string' || text.includes('\ufffd')) throw refusalOf(400)
  const normalizer = new JsonNormalizer(Buffer.from(text), rules)
  const progress = normalizer.step(Number.MAX_SAFE_INTEGER)
  if (progress === 'ambiguous') throw new ApiError('invalid', 'A member comes twice in the body.')
  if (progress !== 'done') throw refusalOf(400)
}

const rules = { foldedWithin: new Set<string>(), foldsTop: false }

function refusalOf(status: number | undefined): ApiError {
  if (status === 413) return new ApiError('too_large', 'The body is too large.')
  return new ApiError('invalid', 'The body is not a JSON object in UTF-8.')
}
