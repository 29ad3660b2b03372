/** An answer of an upstream in an unexpected form; nothing of it may be forwarded. */
export class UnreadableAnswer extends Error {
  override readonly name = 'UnreadableAnswer'
  /** The last bytes for a client that already has a part of the answer. */
  readonly lastWords: Buffer | null

  constructor(lastWords: Buffer | null = null) {
    super('the answer cannot be read')
    this.lastWords = lastWords
  }
}
