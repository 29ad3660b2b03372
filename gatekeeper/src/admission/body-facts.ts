/**
 * Reads the body of a request whose head was accepted. The order of the body pipeline: type,
 * coding, size, strict JSON, refused names, then what the body requests. Uploads are judged while
 * they pass through (form-guard.ts); bodies that no check reads are streamed and never come here.
 */

import { kindOf } from '../kinds/kinds.ts'
import type { Detail } from '../model/detail.ts'
import { type BodyFacts, noBody, type RequestFacts } from '../model/facts.ts'
import type { Principal } from '../model/principal.ts'
import type { Reason } from '../model/reason.ts'
import { judgeModels, pathModels, readAsks, type ShowDeps } from './body-asks.ts'
import { codingOf, decodeBody } from './body-decoding.ts'
import { type BodySource, type ReadBody, reasonOfUnread } from './body-source.ts'
import { readChat } from './chat-body.ts'
import type { ChatHeadDeps } from './chat-head.ts'
import { boundaryOf, isJsonType, isTerminalType } from './content-type.ts'
import { type BodyRefusal, type NormalBody, readJsonBody } from './json-body.ts'
import type { RequestHead } from './request-head.ts'
import type { StoreDeps } from './stored-responses.ts'
import { readWidgetChat } from './widget-body.ts'

export const jsonBodyBytesMax = 32 * 1024 * 1024

/** Limit for requests that only read. Parsing JSON for the weakest key must not delay everybody. */
export const readBodyBytesMax = 4 * 1024 * 1024

/** The limit for requests that the admin process answers: its documents have small entries. */
const handedOverBytesMax = 64 * 1024

type Question = { head: RequestHead; facts: RequestFacts; principal: Principal }

export async function readBodyFacts(
  question: Question,
  source: BodySource,
  deps: ChatHeadDeps & StoreDeps & ShowDeps = {},
): Promise<ReadBody> {
  const { head, facts } = question
  switch (facts.endpoint?.body) {
    case 'none': {
      const defect = head.hasBody ? 'body-unexpected' : null
      return withoutBytes({ ...noBody, defect, ...judgeModels(pathModels(facts), question, deps) })
    }
    case 'json':
      return await readJson(question, source, deps)
    case 'chat':
      return await readChat(question, source, deps.chat ?? null)
    case 'widget':
      return await readWidgetChat(question, source, deps.widget ?? null)
    case 'multipart': {
      const defect = examineFormHead(head)
      const detail = defect === 'body-type' ? uploadsOnly : null
      return withoutBytes({ ...noBody, defect, detail, isOnItsWay: defect === null })
    }
    default:
      return withoutBytes(noBody)
  }
}

const uploadsOnly: Detail = {
  text: 'This endpoint accepts uploads only: Content-Type: multipart/form-data; boundary=…',
  param: null,
}

const withoutBytes = (facts: BodyFacts): ReadBody => ({ facts, json: null })
const refuse = (defect: Reason): ReadBody => withoutBytes({ ...noBody, defect })

async function readJson(
  question: Question,
  source: BodySource,
  deps: StoreDeps & ShowDeps,
): Promise<ReadBody> {
  const { head, facts } = question
  if (codingOf(head) === undefined) return refuse('body-encoding')
  if (!isJsonType(head) && !isTerminalType(head, facts)) return refuse('body-type')
  const json = await readJsonObject(question, source)
  if (typeof json === 'string') return refuse(json)
  if ('defect' in json) return withoutBytes({ ...noBody, ...json })
  return { facts: readAsks(json, question, deps), json }
}

/** Reads a body as a JSON object, whatever its type says, or returns why it is refused. */
export async function readJsonObject(
  { head, facts, principal }: Question,
  source: BodySource,
): Promise<NormalBody | BodyRefusal | Reason> {
  const coding = codingOf(head)
  if (coding === undefined) return 'body-encoding'
  const bytesMax = bytesMaxOf(facts)
  const read = await source.read(bytesMax, principal.id)
  if (typeof read === 'string') return reasonOfUnread(read)
  const { take } = source
  const bytes = coding === null ? read : await decodeBody(read, coding, { bytesMax, take })
  if (typeof bytes === 'string') return bytes
  const measuresImages = principal.caps.imageBytes !== null
  return await readJsonBody(bytes, { kind: kindOf(facts), measuresImages })
}

function bytesMaxOf({ endpoint }: RequestFacts): number {
  if (endpoint?.handedOver) return handedOverBytesMax
  return endpoint?.class === 'read' ? readBodyBytesMax : jsonBodyBytesMax
}

/** A form is read while it passes through: a coding would hide it, and it needs a boundary. */
function examineFormHead(head: RequestHead): Reason | null {
  if (codingOf(head) !== null) return 'body-encoding'
  return boundaryOf(head) === null ? 'body-type' : null
}
