import type { Answer } from '../answer.ts'
import { jsonAnswer } from '../send.ts'
import type { OwnEndpoints } from '../serve/own.ts'

export type OpenapiDeps = {
  /** Returns the description of the routes that are there now. */
  readonly describe: () => object
  /** Changes whenever other routes may be there. */
  readonly version: () => unknown
}

/** `GET /openapi.json` describes the routes of this site. It says the same to everybody. */
export function openapiEndpoints({ describe, version }: OpenapiDeps): OwnEndpoints {
  let made: { readonly of: unknown; readonly answer: Answer } | null = null
  return {
    '/openapi.json': () => {
      const now = version()
      // Made when it is first asked for: most processes never need it.
      if (made === null || made.of !== now) made = { of: now, answer: cached(describe()) }
      return made.answer
    },
  }
}

function cached(document: object): Answer {
  const answer = jsonAnswer(200, document)
  return { ...answer, fields: { ...answer.fields, 'cache-control': 'public, max-age=300' } }
}
