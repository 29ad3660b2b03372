/**
 * The listener for the host itself: health, stale parts, metrics. Its answers describe the
 * installation, so it listens on loopback or a unix socket. If it is opened for scraping,
 * `/metrics` requires its token, and `/readyz` tells strangers one word only.
 */
import type { IncomingMessage } from 'node:http'
import type Koa from 'koa'
import { isSameSecret } from '../../lib/constant-time.ts'
import { isLoopback } from '../../lib/net/cidr.ts'
import { formatProblem, type Problem } from '../../lib/problem.ts'
import { scrubKeys } from '../../model/key-shape.ts'
import type { Answer } from '../answer.ts'
import { createRouter, notFound, reply, routesOf } from '../router.ts'
import { jsonAnswer, sendAnswer } from '../send.ts'

/** For each part, why it works with an older state than the one on disk, or not at all. */
export type PartProblems = Readonly<Record<string, readonly Problem[]>>

export type OpsDeps = {
  readonly parts: () => PartProblems
  /** Configuration that is in force as written, but was probably not meant. */
  readonly notes: () => readonly Problem[]
  readonly isDraining: () => boolean
  readonly renderMetrics: () => Promise<{ readonly text: string; readonly contentType: string }>
  /** The token for `/metrics`; null if everybody who reaches the listener may read the metrics. */
  readonly metricsToken: string | null
  /** Host names that are accepted, besides those of loopback. */
  readonly hosts: readonly string[]
}

/**
 * `/livez`: the process answers. `/readyz`: it can decide; a 200 `degraded` lists what is stale.
 */
export function opsHandlers(deps: OpsDeps): Koa.Middleware[] {
  const router = createRouter()
  router.get(
    '/livez',
    reply(() => jsonAnswer(200, { status: 'ok' })),
  )
  router.get(
    '/readyz',
    reply(({ req }) => readyAnswer(req, deps)),
  )
  router.get(
    '/metrics',
    reply(({ req }) => metricsAnswer(req, deps)),
  )
  return [refuseForeignNames(deps), routesOf(router), notFound]
}

/**
 * Comes before the routes, so that every route has this protection. A container probe may request
 * `/livez` with any name, since that reveals nothing; a client with the token is not a web page.
 */
function refuseForeignNames(deps: OpsDeps): Koa.Middleware {
  const free = deps.metricsToken === null ? ['/livez'] : ['/livez', '/metrics']
  return async ({ path, req, res }, next) => {
    if (free.includes(path) || isOwnName(req, deps)) return await next()
    sendAnswer(res, jsonAnswer(421, { status: 'not a name of this listener' }), false)
  }
}

const unauthorized: Answer = {
  ...jsonAnswer(401, { status: 'unauthorized' }),
  fields: { ...jsonAnswer(401, {}).fields, 'www-authenticate': 'Bearer' },
}

/** RFC 6750 §2.1: the scheme in any letter case, one field, nothing else. */
function hasToken(request: IncomingMessage, token: string): boolean {
  const values = request.headersDistinct['authorization'] ?? []
  const shown = /^bearer +([!-~]+)$/i.exec(values[0] ?? '')?.[1]
  return values.length === 1 && shown !== undefined && isSameSecret(shown, token)
}

/**
 * Stops DNS rebinding: a page of any site can make its own name resolve to 127.0.0.1 and then read
 * what answers there. The Host field has the name of that site, which is not one of ours.
 */
function isOwnName(request: IncomingMessage, { hosts }: OpsDeps): boolean {
  const values = request.headersDistinct['host'] ?? []
  const name = (values[0] ?? '').replace(/:\d{1,5}$/, '').toLowerCase()
  return values.length === 1 && ['localhost', '127.0.0.1', '[::1]', ...hosts].includes(name)
}

async function metricsAnswer(request: IncomingMessage, deps: OpsDeps): Promise<Answer> {
  if (deps.metricsToken !== null && !hasToken(request, deps.metricsToken)) return unauthorized
  const { text, contentType } = await deps.renderMetrics()
  const fields = { 'content-type': contentType, 'cache-control': 'no-store' }
  return { status: 200, fields, body: text }
}

function readyAnswer(request: IncomingMessage, deps: OpsDeps): Answer {
  if (deps.isDraining()) return jsonAnswer(503, { status: 'draining' })
  const stale = Object.entries(deps.parts()).filter(([, problems]) => problems.length > 0)
  const status = stale.length === 0 ? 'ok' : 'degraded'
  // Problems contain names of files and folders.
  if (!isNear(request)) return jsonAnswer(200, { status })
  const degraded = stale.map(([part]) => part)
  const problems = stale.flatMap(([, found]) => found.map(formatProblem))
  const notes = deps.notes().map((note) => scrubKeys(formatProblem(note)))
  return jsonAnswer(200, { status, degraded, problems, ...(notes.length > 0 && { notes }) })
}

/** Whether the client uses a unix socket, which has no addresses, or is on this machine. */
function isNear({ socket }: IncomingMessage): boolean {
  return socket.remoteAddress === undefined || isLoopback(socket.remoteAddress)
}
