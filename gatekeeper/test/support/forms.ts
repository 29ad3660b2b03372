/** One part of a form as a test writes it: its head without the empty line, and its content. */
export type Part = { readonly head: string; readonly content: string | Buffer }

export const formType = 'multipart/form-data; boundary=b0undary'

export function aField(name: string, content: string): Part {
  return { head: `Content-Disposition: form-data; name="${name}"`, content }
}

export function aFile(content: string | Buffer, name = 'file'): Part {
  const disposition = `Content-Disposition: form-data; name="${name}"; filename="a.wav"`
  return { head: `${disposition}\r\nContent-Type: audio/wav`, content }
}

/** The bytes of a form of `formType`. */
export function formOf(...parts: Part[]): Buffer {
  const written = parts.flatMap(({ head, content }) => [
    Buffer.from(`--b0undary\r\n${head}\r\n\r\n`),
    Buffer.from(content),
    Buffer.from('\r\n'),
  ])
  return Buffer.concat([...written, Buffer.from('--b0undary--\r\n')])
}
