/**
 * Health check of a container: exits with 0 if `/livez` of the ops listener answers with 200. Slim
 * images have no curl.
 */
import { parseListen } from './src/config/listen.ts'

// Not imported, because an import would load Node's fetch too, and this runs every few seconds.
const { get } = process.getBuiltinModule('node:http')

const listen = parseListen(process.env['GATEKEEPER_OPS_LISTEN'] ?? '', '/')
if (typeof listen === 'string') {
  process.stderr.write(`GATEKEEPER_OPS_LISTEN ${listen}\n`)
  process.exit(1)
}
const place =
  listen.kind === 'unix' ? { socketPath: listen.path } : { host: listen.host, port: listen.port }
get({ ...place, path: '/livez', timeout: 2000 }, ({ statusCode }) => {
  process.exit(statusCode === 200 ? 0 : 1)
})
  .on('timeout', () => process.exit(1))
  .on('error', () => process.exit(1))
