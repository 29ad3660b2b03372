/** Every value of every field by its lower-case name, as `IncomingMessage.headersDistinct` has it. */
export type Fields = Readonly<Record<string, readonly string[] | undefined>>
