/** A JSON answer to a request that the gatekeeper handed over. */
export type Answer = { readonly status: number; readonly body: object }

/** The word of an error, by its status; the gatekeeper has the same for its own refusals. */
const words = {
  400: 'Validation Error',
  403: 'Forbidden',
  404: 'Not Found',
  409: 'Conflict',
} as const

/** Thrown where a request is refused. `details` are further members of the answer. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError'
  readonly answer: Answer

  constructor(status: keyof typeof words, message: string, details: object = {}) {
    super(message)
    this.answer = { status, body: Object.assign({ error: words[status], message }, details) }
  }
}
