/** W3C Trace Context: identifies the request and its trace for external monitoring. */
import { randomUUID } from 'node:crypto'

export type TraceContext = {
  /** 32 hexadecimal digits in lower case. */
  readonly traceId: string
  /** The field as it is forwarded, always version 00. */
  readonly traceparent: string
  /** Vendor data; null if there is none, or it cannot be parsed. */
  readonly tracestate: string | null
}

type Values = readonly string[] | undefined

// §3.2.2. A later version may continue after a hyphen; the four known members count.
const traceparentForm = /^(?!ff)([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/
const traceparentCharsMax = 200

/** Reads the two fields; null if there is no traceparent, more than one, or a malformed one. */
export function readTraceContext(parents: Values, states: Values): TraceContext | null {
  const [text = ''] = parents ?? []
  if (parents?.length !== 1 || text.length > traceparentCharsMax) return null
  const [, version, traceId = '', parentId = '', flags, rest] = traceparentForm.exec(text) ?? []
  if (version === undefined || (version === '00' && rest !== undefined)) return null
  // All zeros are invalid as trace and as parent.
  if (/^0+$/.test(traceId) || /^0+$/.test(parentId)) return null
  const traceparent = `00-${traceId}-${parentId}-${flags}`
  return { traceId, traceparent, tracestate: readTracestate(states) }
}

const memberForm =
  /^[a-z0-9][a-z0-9_\-*/@]{0,255}=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/
const tracestateCharsMax = 512
const tracestateMembersMax = 32

/** §3.3: several fields are one list. A trace is valid without a tracestate. */
function readTracestate(states: Values): string | null {
  const text = (states ?? []).join(',')
  if (text === '' || text.length > tracestateCharsMax) return null
  const members = text.split(',').map((member) => member.replace(/^[ \t]+|[ \t]+$/g, ''))
  const said = members.filter((member) => member !== '')
  const isList = said.length > 0 && said.length <= tracestateMembersMax
  return isList && said.every((member) => memberForm.test(member)) ? said.join(',') : null
}

/** Creates a new trace that is not sampled: recording is up to the operator's tools. */
export function createTraceContext(): TraceContext {
  const traceId = randomHex()
  return { traceId, traceparent: `00-${traceId}-${randomHex().slice(16)}-00`, tracestate: null }
}

/** 32 digits with 122 random bits. Node prepares UUIDs in advance: four times as fast as bytes. */
const randomHex = () => randomUUID().replaceAll('-', '')
