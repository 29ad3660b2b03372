import type { Endpoint, EndpointClass } from '../../model/endpoint.ts'
import type { Service } from '../../model/service.ts'
import { bytes, rowsIn } from '../row.ts'

const row = rowsIn('openai')

/** Returns the endpoint of an opaque service: the method decides, on every path. */
export function methodEndpoint(service: Service, method: string, path: string): Endpoint {
  const webSocket = service.webSockets.some((pattern) => isPathOf(pattern, path))
  // Over HTTP/2 a WebSocket opens by CONNECT (RFC 8441); to the service it is a GET.
  const plain = method === 'CONNECT' && webSocket ? 'GET' : method
  return {
    ...(row('', '/*', classOf(service, plain), bytes)[0] as Endpoint),
    method: plain,
    webSocket,
  }
}

/** Whether a path matches a pattern of whole segments; `{name}` is one, `{+name}` at its end several. */
function isPathOf(pattern: string, path: string): boolean {
  const [wanted, given] = [pattern.split('/'), path.split('/')]
  const hasRest = wanted.at(-1)?.startsWith('{+') === true
  if (hasRest ? given.length < wanted.length : given.length !== wanted.length) return false
  return wanted.every((segment, index) =>
    segment.startsWith('{') ? given[index] !== '' : segment === given[index],
  )
}

/** HEAD has the class of GET unless the service sets one for HEAD itself. */
function classOf({ methodClasses = {} }: Service, method: string): EndpointClass {
  const given = (name: string) =>
    Object.hasOwn(methodClasses, name) ? methodClasses[name] : undefined
  const named = given(method) ?? (method === 'HEAD' ? given('GET') : undefined)
  if (named !== undefined) return named
  if (method === 'GET' || method === 'HEAD') return 'read'
  return method === 'POST' ? 'use' : 'manage'
}
