/**
 * Returns the value of a JSON text; undefined (which is never a JSON value) if it is not JSON. V8's
 * message is not passed on: it quotes the text around the error, which may be a key.
 */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
