/**
 * The client of the admin API: this origin only, both halves of the session, problems as failures.
 * A call that needs a proof asks for it and is repeated once; a call without a valid session leads
 * to the sign-in page, which comes back to this place.
 */
import { type ApiFailure, failureOf, offlineFailure } from './api-failure.ts'
import { proveFor } from './proof.ts'
import { keepSecondHalf, readSecondHalf, secondHalf } from './second-half.ts'

const prefix = '/admin/v1'

export type CallOptions = {
  readonly body?: object
  /** The tag of the content that was read, without quotes: `If-Match`. */
  readonly ifMatch?: string | null
  /** Sends `If-None-Match: *`: create, never replace. */
  readonly isCreation?: boolean
  /** A proof that was made before. */
  readonly stepUp?: string
  /** What a proof is for, where the act has a target: an id. */
  readonly target?: string
  readonly signal?: AbortSignal
  /** What the answer is, where it is not JSON. */
  readonly accept?: string
  /** For a live stream: the last event that was read. */
  readonly lastEventId?: string | null
}

/** An answer with its tag, for a later change. */
export type Tagged<T> = { readonly value: T; readonly etag: string | null }

type Method = 'GET' | 'PUT' | 'PATCH' | 'POST' | 'DELETE'

let onSignedOut: () => void = () => {}

/** Sets what happens when the API knows no session any more. */
export function whenSignedOut(act: () => void): void {
  onSignedOut = act
}

/** Returns the answer's JSON, or undefined for 204. Throws an ApiFailure. */
export async function call<T>(method: Method, path: string, options: CallOptions = {}): Promise<T> {
  return (await callTagged<T>(method, path, options)).value
}

/** As `call`, with the tag of the content. */
export async function callTagged<T>(
  method: Method,
  path: string,
  options: CallOptions = {},
): Promise<Tagged<T>> {
  const response = await callRaw(method, path, options)
  const value = response.status === 204 ? undefined : await readJson(response)
  return { value: value as T, etag: tagOf(response) }
}

/** As `call`, with the answer unread: for streams and exports. */
export async function callRaw(
  method: Method,
  path: string,
  options: CallOptions = {},
): Promise<Response> {
  const response = await sendInSession(method, path, options)
  if (response.ok) return response
  const failure = await failureOf(response)
  const proof = await proofFor(failure, options)
  if (proof !== null) {
    const again = await sendInSession(method, path, { ...options, stepUp: proof })
    if (again.ok) return again
    throw signedOutOr(await failureOf(again))
  }
  throw signedOutOr(failure)
}

export function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  return call<T>('GET', path, signal === undefined ? {} : { signal })
}

/** Returns `/path?name=value` without the names that have no value. */
export function withQuery(
  path: string,
  query: Readonly<Record<string, string | number | null | undefined>>,
): string {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (value !== null && value !== undefined && value !== '') search.set(name, String(value))
  }
  return search.size === 0 ? path : `${path}?${search}`
}

const renewalPauseMs = 400

/**
 * Sends, and once more if the session got new halves on the way: a proof in this tab or another one
 * ends the old ones while calls are under way.
 */
async function sendInSession(
  method: Method,
  path: string,
  options: CallOptions,
): Promise<Response> {
  const half = secondHalf()
  const response = await send(method, path, options)
  if (response.status !== 401 || half === null) return response
  await new Promise((resolve) => setTimeout(resolve, renewalPauseMs))
  return readSecondHalf() === half ? response : await send(method, path, options)
}

async function send(method: Method, path: string, options: CallOptions): Promise<Response> {
  try {
    return await fetch(`${prefix}${path}`, {
      method,
      headers: headersOf(options),
      credentials: 'same-origin',
      redirect: 'error',
      cache: 'no-store',
      ...(options.body !== undefined && { body: JSON.stringify(options.body) }),
      ...(options.signal !== undefined && { signal: options.signal }),
    })
  } catch (error) {
    if (options.signal?.aborted === true) throw error
    throw offlineFailure()
  }
}

function headersOf(options: CallOptions): Headers {
  const headers = new Headers({ accept: options.accept ?? 'application/json' })
  const half = secondHalf()
  if (half !== null) headers.set('x-gatekeeper-session', half)
  if (options.body !== undefined) headers.set('content-type', 'application/json')
  if (typeof options.ifMatch === 'string') headers.set('if-match', `"${options.ifMatch}"`)
  if (options.isCreation === true) headers.set('if-none-match', '*')
  if (typeof options.lastEventId === 'string') headers.set('last-event-id', options.lastEventId)
  if (options.stepUp !== undefined) headers.set('x-gatekeeper-step-up', options.stepUp)
  return headers
}

async function proofFor(failure: ApiFailure, options: CallOptions): Promise<string | null> {
  const { act } = failure
  if (failure.reason !== 'step_up_required' || act === null || options.stepUp !== undefined) {
    return null
  }
  return await proveFor(act, options.target ?? null)
}

function signedOutOr(failure: ApiFailure): ApiFailure {
  if (failure.status === 401 && failure.reason === 'no_session') {
    keepSecondHalf(null)
    onSignedOut()
  }
  return failure
}

async function readJson(response: Response): Promise<unknown> {
  try {
    return await response.json()
  } catch {
    throw offlineFailure()
  }
}

function tagOf(response: Response): string | null {
  return response.headers.get('etag')?.replace(/^(?:W\/)?"(.*)"$/, '$1') ?? null
}
