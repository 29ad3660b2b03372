/** The head of a part: its name, and its file name if it is a file. */
export type PartHead = {
  readonly name: string
  /** The last segment of the file name; null if the part is a field. */
  readonly fileName: string | null
  /** Media type; null if none is given. */
  readonly type: string | null
}

const partFields = ['content-disposition', 'content-type', 'content-length']
const transferField = 'content-transfer-encoding'
const mediaType =
  /^[\w.+-]{1,64}\/[\w.+-]{1,64}(?:[ \t]*;[ \t]*[\w-]{1,32}=(?:[\w.+:-]{1,64}|"[\w.+: -]{0,64}"))*$/

/**
 * Reads the header fields of a part (RFC 7578 §4) strictly: each at most once, no unknown ones, no
 * folded lines. Returns null if they are not valid.
 */
export function readPartHead(text: string): PartHead | null {
  const fields = readFields(text)
  if (fields === null) return null
  // Some parsers decode base64 here and some do not.
  const coding = fields.get(transferField)?.toLowerCase() ?? 'binary'
  if (!['binary', '8bit', '7bit'].includes(coding)) return null
  const type = fields.get('content-type') ?? null
  if (type !== null && (!mediaType.test(type) || /^multipart\//i.test(type))) return null
  const parameters = readDisposition(fields.get('content-disposition') ?? '')
  const name = parameters?.get('name')
  if (parameters === null || name === undefined || name === '') return null
  const fileName = readFileName(parameters)
  return fileName === undefined ? null : { name, fileName, type }
}

function readFields(text: string): ReadonlyMap<string, string> | null {
  const fields = new Map<string, string>()
  for (const line of text.split('\r\n')) {
    const match = /^([A-Za-z-]+):[ \t]*([^\r\n]*?)[ \t]*$/.exec(line)
    const name = match?.[1]?.toLowerCase() ?? ''
    const isKnown = partFields.includes(name) || name === transferField
    if (!isKnown || fields.has(name) || /\p{Cc}/u.test(line.replaceAll('\t', ''))) return null
    fields.set(name, match?.[2] ?? '')
  }
  return fields
}

const parameterForm =
  /[ \t]*;[ \t]*(name|filename|filename\*)=(?:"((?:[^"\\]|\\.)*)"|([\w.!#$&+^`|~%'*-]+))/iy

/**
 * Returns the parameters after `form-data`; null if the value is something else, or a parameter is
 * repeated.
 */
function readDisposition(text: string): Map<string, string> | null {
  const start = /^form-data/i.exec(text)?.[0].length
  if (start === undefined) return null
  const parameters = new Map<string, string>()
  parameterForm.lastIndex = start
  let end = start
  for (let match = parameterForm.exec(text); match; match = parameterForm.exec(text)) {
    const name = (match[1] ?? '').toLowerCase()
    if (parameters.has(name)) return null
    parameters.set(name, match[2] === undefined ? (match[3] ?? '') : unescapeQuoted(match[2]))
    end = parameterForm.lastIndex
  }
  return end === text.length ? parameters : null
}

/** Browsers write `%22` and do not escape backslashes; curl escapes both with a backslash. */
function unescapeQuoted(text: string): string {
  return text.replaceAll(/\\(["\\])/g, '$1')
}

const fileNameBytesMax = 255

/** Returns the file name; null if the part is a field, undefined if the name is malformed. */
function readFileName(parameters: ReadonlyMap<string, string>): string | null | undefined {
  const plain = parameters.get('filename')
  const extended = parameters.get('filename*')
  if (plain === undefined && extended === undefined) return null
  const text = extended === undefined ? plain : decodeExtended(extended)
  // Go and Python disagree about whether a part with an empty file name is a file.
  const name = text?.slice(Math.max(text.lastIndexOf('/'), text.lastIndexOf('\\')) + 1) ?? ''
  const isGood = name !== '' && Buffer.byteLength(name) <= fileNameBytesMax && !/\p{Cc}/u.test(name)
  return isGood ? name : undefined
}

/** RFC 8187: `UTF-8''na%C3%AFve.wav`. */
function decodeExtended(text: string): string | undefined {
  const encoded = /^utf-8'[\w-]*'(.*)$/i.exec(text)?.[1]
  try {
    return encoded === undefined ? undefined : decodeURIComponent(encoded)
  } catch {
    return undefined
  }
}
