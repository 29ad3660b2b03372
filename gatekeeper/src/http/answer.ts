/** Fields of a request or an answer, each with one value. */
export type Fields = Readonly<Record<string, string>>

/** A whole short answer of the gatekeeper itself. */
export type Answer = {
  readonly status: number
  readonly fields: Fields
  readonly body: string
}
