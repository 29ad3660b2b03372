/**
 * Step-up: some acts need a proof that was made for exactly this act. The client asks for one when
 * the API wants it, and repeats the call once with it.
 */

/** Asks the person for a proof; resolves to its id, or to null where the person gave up. */
export type ProveFor = (act: string, target: string | null) => Promise<string | null>

let prove: ProveFor = async () => null

/** Sets who asks the person. */
export function setProveFor(proveFor: ProveFor): void {
  prove = proveFor
}

export function proveFor(act: string, target: string | null): Promise<string | null> {
  return prove(act, target)
}
