/**
 * The listener for the host itself: is it alive, what is stale, how much of what. It tells about the
 * house, so it listens on loopback or a unix socket; where it is opened for scraping, `/metrics`
 * asks for its token, and `/readyz` tells strangers no more than a word.
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

/** By part of the house: why it works with an older state than the one on disk, or not at all. */
export type PartProblems = Readonly<Record<string, readonly Problem[]>>

export type OpsDeps = {
  readonly parts: () => PartProblems
  /** What is in force as it is written, and was hardly meant so. */
  readonly notes: () => readonly Problem[]
  readonly isDraining: () => boolean
  readonly renderMetrics: () => Promise<{ readonly text: string; readonly contentType: string }>
  /** What a scraper has to show; null where whoever reaches the listener may see the figures. */
  readonly metricsToken: string | null
  /** Names under which it may be asked, beside the ones of loopback. */
  readonly hosts: readonly string[]
}

/** `/livez`: the process answers. `/readyz`: it can decide; 200 `degraded` names what is stale. */
export function opsHandlers(deps: OpsDeps): Koa.Middleware[] {
  const router = createRouter()
  router.get(
    '/livez',
    reply(() => jsonAnswer(200, { status: 'ok' })),
  )
  router.get(
    '/readyz',
    reply(({ req }) => tellReady(req, deps)),
  )
  router.get(
    '/metrics',
    reply(({ req }) => tellMetrics(req, deps)),
  )
  return [refuseForeignNames(deps), routesOf(router), notFound]
}

/**
 * Stands before the routes, so that none of them can forget it. A probe of a container may ask
 * `/livez` by any name, since it tells nothing; a client with the token is no page of a browser.
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

/** RFC 6750 §2.1: the scheme's name in any case, one field, and nothing else. */
function hasToken(request: IncomingMessage, token: string): boolean {
  const values = request.headersDistinct['authorization'] ?? []
  const shown = /^bearer +([!-~]+)$/i.exec(values[0] ?? '')?.[1]
  return values.length === 1 && shown !== undefined && isSameSecret(shown, token)
}

/**
 * DNS rebinding: a page of any site can have its own name resolve to 127.0.0.1, and then reads what
 * answers there as its own. Its name is in the Host field, and is none of ours.
 */
function isOwnName(request: IncomingMessage, { hosts }: OpsDeps): boolean {
  const values = request.headersDistinct['host'] ?? []
  const name = (values[0] ?? '').replace(/:\d{1,5}$/, '').toLowerCase()
  return values.length === 1 && ['localhost', '127.0.0.1', '[::1]', ...hosts].includes(name)
}

async function tellMetrics(request: IncomingMessage, deps: OpsDeps): Promise<Answer> {
  if (deps.metricsToken !== null && !hasToken(request, deps.metricsToken)) return unauthorized
  const { text, contentType } = await deps.renderMetrics()
  const fields = { 'content-type': contentType, 'cache-control': 'no-store' }
  return { status: 200, fields, body: text }
}

function tellReady(request: IncomingMessage, deps: OpsDeps): Answer {
  if (deps.isDraining()) return jsonAnswer(503, { status: 'draining' })
  const stale = Object.entries(deps.parts()).filter(([, problems]) => problems.length > 0)
  const status = stale.length === 0 ? 'ok' : 'degraded'
  // Problems tell of files and folders.
  if (!isNear(request)) return jsonAnswer(200, { status })
  const degraded = stale.map(([part]) => part)
  const problems = stale.flatMap(([, found]) => found.map(formatProblem))
  const notes = deps.notes().map((note) => scrubKeys(formatProblem(note)))
  return jsonAnswer(200, { status, degraded, problems, ...(notes.length > 0 && { notes }) })
}

/** Whether it comes over a unix socket, which has no addresses, or from this machine. */
function isNear({ socket }: IncomingMessage): boolean {
  return socket.remoteAddress === undefined || isLoopback(socket.remoteAddress)
}
