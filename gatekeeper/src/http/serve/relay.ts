import type { Admitted } from '../../admission/admit.ts'
import type { ByteBudget } from '../../lib/load/byte-budget.ts'
import type { Admission } from '../../model/admission.ts'
import type { AnswerReader } from '../../model/answer-reader.ts'
import type { BodyFacts } from '../../model/facts.ts'
import { type Reason, reasonRow } from '../../model/reason.ts'
import { noUsage } from '../../model/usage.ts'
import type { BroughtKey, Exchange, Forwarded } from '../../upstreams/exchange.ts'
import { toWidgetEvent } from '../../upstreams/widget-answer.ts'
import type { Fields } from '../answer.ts'
import { allowBody, createBodySource } from '../body-source.ts'
import type { Call } from '../call.ts'
import { corsFields } from '../cors.ts'
import { limitFields } from '../limit-fields.ts'
import { answerOpen, type OpenDeps } from '../open-answers.ts'
import { answerCall, type Entry, type PointDeps, type Serve } from '../point.ts'
import { widgetErrorEvent } from '../widget-error.ts'
import { type OwnDeps, serveOwn } from './own.ts'

export type RelayDeps = PointDeps &
  OpenDeps &
  OwnDeps & {
    readonly forward: (admission: Admission, exchange: Exchange) => Promise<Forwarded>
    /**
     * Returns the key of a provider that an admitted request brought along, or the reason to refuse
     * it; null if it brought none.
     */
    readonly findBroughtKey: FindBroughtKey
    /** Creates the reader of the usage in an answer; null if nothing is counted. */
    readonly createReader: (admission: Admission, body: BodyFacts | null) => AnswerReader | null
    /** The limit for all bodies that are held at the same time. */
    readonly bodies: ByteBudget
  }

export type FindBroughtKey = (
  admission: Admission,
  fields: NodeJS.Dict<string[]>,
) => BroughtKey | Reason | null

/** The relay point: it carries a request to its upstream and the answer back. */
export function createRelay(deps: RelayDeps): (call: Call) => Promise<void> {
  const entry: Entry = {
    point: 'relay',
    answerOpen: (call) => answerOpen(call, deps),
    openBody: ({ request, response }) => createBodySource(request, response, deps.bodies),
    preflight: {},
  }
  const serve: Serve = (call, admitted, given) =>
    admitted.admission.facts.endpoint?.isOwn === true
      ? serveOwn(
          call,
          admitted,
          { body: given.body, fields: fieldsOfLimits(admitted.admission, deps) },
          deps,
        )
      : serveRelay(call, admitted, given.fields, deps)
  return (call) => answerCall(call, entry, deps, serve)
}

function fieldsOfLimits({ facts, reservation }: Admission, deps: RelayDeps): Fields {
  const { clock, legacyLimitFields: hasLegacy = true } = deps
  return limitFields(reservation.standings(), {
    now: clock(),
    endpoint: facts.endpoint,
    hasLegacy,
  })
}

/** A refusal after admission, before anything was forwarded. */
function refusedBy(reason: Reason): Forwarded {
  const outcome = { status: reasonRow(reason).status, kind: 'failed', answerBytes: 0 } as const
  return { reason, outcome, usage: noUsage }
}

function serveRelay(
  { request, response }: Call,
  { admission, body, bytes, bytesWithout, form }: Admitted,
  fields: Fields,
  deps: RelayDeps,
): Promise<Forwarded> {
  allowBody(request, response)
  const { facts, waitedMs } = admission
  const answer = {
    'x-request-id': facts.requestId,
    'x-accel-buffering': 'no',
    ...fieldsOfLimits(admission, deps),
    ...(waitedMs !== null && { 'server-timing': `queue;dur=${Math.round(waitedMs)}` }),
    ...corsFields(facts),
  }
  const brought = deps.findBroughtKey(admission, request.headersDistinct)
  if (typeof brought === 'string') return Promise.resolve(refusedBy(brought))
  // The usage that we request in the body; the model is empty if the body names none.
  const question = bytesWithout === null ? null : { model: body?.models[0] ?? '', bytesWithout }
  return deps.forward(admission, {
    request,
    response,
    bytes,
    form,
    set: fields,
    answer,
    reader: deps.createReader(admission, body),
    broughtKey: brought,
    isStream: body?.isStream === true,
    model: body?.models[0] ?? null,
    lastWords: (reason) => toWidgetEvent('error', widgetErrorEvent(reason)),
    question,
  })
}
