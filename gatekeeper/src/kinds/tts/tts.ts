import type { Endpoint } from '../../model/endpoint.ts'
import type { Kind } from '../../model/kind.ts'
import { audio, jsonWith, listed, rowsIn, speech } from '../row.ts'

const row = rowsIn('openai')

/** Nobody may download a file: a caller who knows its name could read the speech of others. */
const rows: readonly Endpoint[] = [
  row('GET|HEAD', '/health', 'open'),
  row('GET|HEAD', '/v1/models', 'read', listed),
  row('GET', '/v1/models/{+model}', 'read', { model: { in: 'path' } }),
  row('GET', '/v1/audio/voices', 'read'),
  row('POST', '/v1/audio/speech', 'use', ...speech),
  row('POST', '/dev/captioned_speech', 'use', jsonWith(), audio),
  row('POST', '/dev/ssml', 'use', jsonWith(), audio),
  row('POST', '/v1/audio/voices/combine', 'manage', jsonWith()),
  row('POST', '/dev/unload', 'manage', jsonWith()),
  row('GET', '/v1/download/{file}', 'never'),
  row('GET|POST', '/debug/*', 'never'),
  row('GET|POST', '/web/*', 'never'),
].flat()

/** Speech servers with the endpoints of Kokoro's. */
export const tts: Kind = {
  name: 'tts',
  title: '`kind: tts`: speech servers with Kokoro’s API',
  rows,
}
