/** An answer of an upstream that is not what was asked for; nothing of it may be passed on. */
export class UnreadableAnswer extends Error {
  override readonly name = 'UnreadableAnswer'
  /** What a client is still told where a part of the answer is out already. */
  readonly lastWords: Buffer | null

  constructor(lastWords: Buffer | null = null) {
    super('the answer cannot be read')
    this.lastWords = lastWords
  }
}
