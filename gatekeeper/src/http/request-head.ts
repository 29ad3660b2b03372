import type { IncomingMessage } from 'node:http'
import type { RequestHead } from '../admission/request-head.ts'
import type { Point } from '../model/service.ts'

const absent = null

/**
 * Reads what Caddy states about the client's request. Returns null if a statement is missing or
 * comes twice, or if the check gets no service name: then Caddy has another configuration than
 * ours.
 */
export function readRequestHead(request: IncomingMessage, point: Point): RequestHead | null {
  const checkedService = point === 'check' ? readCheckedService(request.url) : null
  if (point === 'check' && checkedService === null) return null
  const fields = request.headersDistinct
  const stated = (name: string): string | null => {
    const values = fields[`x-gatekeeper-${name}`] ?? []
    return values.length === 1 && values[0] !== '' ? (values[0] as string) : absent
  }
  const method = stated('method')
  const target = stated('uri')
  const host = stated('host')
  const clientAddress = stated('client-address')
  const requestId = stated('request-id')
  // A repeated field would be read as absent, so an upgrade would pass as a plain request.
  if ((fields['x-gatekeeper-upgrade']?.length ?? 0) > 1) return null
  const protocol = stated('protocol')
  if (!method || !target || !host || !clientAddress || !requestId || !protocol) return null
  return {
    ...{ method, target, host, clientAddress, requestId, protocol, point, checkedService, fields },
    upgrade: stated('upgrade'),
    hasBody: hasBody(request),
  }
}

/** Returns the service in Caddy's request `GET /check/SERVICE`. */
function readCheckedService(url = ''): string | null {
  return /^\/check\/([a-z][a-z0-9-]*)\??$/.exec(url)?.[1] ?? null
}

/** RFC 9112 §6: a request has content if one of the two fields says so. */
function hasBody(request: IncomingMessage): boolean {
  const { 'content-length': length, 'transfer-encoding': coding } = request.headers
  return coding !== undefined || (length !== undefined && Number(length) !== 0)
}
