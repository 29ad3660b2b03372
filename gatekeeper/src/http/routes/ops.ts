import type { Problem } from '../../lib/problem.ts'
import { formatProblem } from '../../lib/problem.ts'
import type { Call } from '../point.ts'
import { jsonAnswer, sendAnswer } from '../send.ts'

export type OpsDeps = {
  /** Parts that work with an older state than the one on disk; empty where all is well. */
  readonly degraded: () => readonly Problem[]
  readonly isDraining: () => boolean
}

/** `/livez`: the process answers. `/readyz`: it can decide; 200 `degraded` names what is stale. */
export function answerOps(call: Call, deps: OpsDeps): void {
  const isHead = call.request.method === 'HEAD'
  const [path] = (call.request.url ?? '').split('?', 1)
  if (path === '/livez') return sendAnswer(call.response, jsonAnswer(200, { status: 'ok' }), isHead)
  if (path !== '/readyz') {
    return sendAnswer(call.response, jsonAnswer(404, { status: 'not found' }), isHead)
  }
  if (deps.isDraining()) {
    return sendAnswer(call.response, jsonAnswer(503, { status: 'draining' }), isHead)
  }
  const problems = deps.degraded().map(formatProblem)
  const status = problems.length === 0 ? 'ok' : 'degraded'
  sendAnswer(call.response, jsonAnswer(200, { status, problems }), isHead)
}
