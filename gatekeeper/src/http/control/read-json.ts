import type Koa from 'koa'

/**
 * Returns a handler that reads a JSON body. If the body is not JSON within the size limit, it stays
 * empty and the schema refuses it. The parser is loaded with the first question: it takes 4 MB and
 * some 30 ms, and most processes never need it.
 */
export function jsonReader(jsonLimit: string): Koa.Middleware {
  return async (context, next) => {
    const { koaBody } = await import('koa-body')
    const read = koaBody({
      ...{ jsonTypes: ['application/json'], jsonLimit, patchNode: false },
      ...{ urlencoded: false, text: false, multipart: false },
      onError: () => {},
    })
    await read(context, next)
  }
}
