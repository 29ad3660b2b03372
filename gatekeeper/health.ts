/**
 * Health check of a container: exits with 0 if `/livez` answers with 200, at the ops listener or at
 * the address that is its first word. Slim images have no curl.
 */
import { parseListen } from './src/config/listen.ts'

// Not imported, because an import would load Node's fetch too, and this runs every few seconds.
const { get } = process.getBuiltinModule('node:http')

const listen = parseListen(process.argv[2] ?? process.env['GATEKEEPER_OPS_LISTEN'] ?? '', '/')
if (typeof listen === 'string') {
  process.stderr.write(`the address of the health check ${listen}\n`)
  process.exit(1)
}
const place =
  listen.kind === 'unix' ? { socketPath: listen.path } : { host: listen.host, port: listen.port }
get({ ...place, path: '/livez', timeout: 2000 }, ({ statusCode }) => {
  process.exit(statusCode === 200 ? 0 : 1)
})
  .on('timeout', () => process.exit(1))
  .on('error', () => process.exit(1))
