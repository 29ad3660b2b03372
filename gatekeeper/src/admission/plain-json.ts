import { http } from '../kinds/http/http.ts'
import { parseJson } from '../lib/json/parse-json.ts'
import type { ChatDefect } from './chat-messages.ts'
import { readJsonBody } from './json-body.ts'

/** No member is forwarded, so none has to be refused for its name. */
const asItComes = { kind: http, measuresImages: false }

/** Reads bytes as the value of a JSON object that all readers understand alike. */
export async function readPlainJson(
  bytes: Buffer,
): Promise<{ readonly json: unknown } | ChatDefect> {
  const json = await readJsonBody(bytes, asItComes)
  if (typeof json === 'string') return { defect: json }
  if ('defect' in json) return { defect: json.defect, detail: json.detail }
  return { json: parseJson(json.bytes.toString('utf8')) }
}
