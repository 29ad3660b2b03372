/** A whole short answer of the gatekeeper itself. */
export type Answer = {
  readonly status: number
  readonly fields: Readonly<Record<string, string>>
  readonly body: string
}
