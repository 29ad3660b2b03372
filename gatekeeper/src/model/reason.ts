/**
 * Every reason why a request is refused, one row each: the only place that maps a reason to a
 * status. `text` is public and reveals nothing that an unknown caller may not know; the log has the
 * name of the reason.
 */

export type ReasonRow = {
  readonly status: 400 | 401 | 402 | 403 | 404 | 409 | 413 | 415 | 426 | 429 | 502 | 503 | 504
  /** `error.code` of the OpenAI dialect. */
  readonly code: string
  /** `error.type` of the OpenAI dialect, and of Anthropic's if the next member is missing. */
  readonly type: string
  readonly anthropicType?: string
  readonly text: string
  readonly level: 'info' | 'warn' | 'error'
  /** Whether the answer carries `WWW-Authenticate` (RFC 9110 §11.6.1). */
  readonly challenge?: true
  /** The wait if no limit says a more precise one. */
  readonly retryAfterSeconds?: number
  /** Whether clients are asked not to retry, because a retry cannot change the answer. */
  readonly isFinal?: true
}

const invalid = { status: 400, type: 'invalid_request_error', level: 'info' } as const
const unauthenticated = {
  status: 401,
  code: 'invalid_api_key',
  type: 'authentication_error',
  level: 'info',
  challenge: true,
} as const
// One text for every bad key and token, so that a caller cannot distinguish an expired one from an
// invented one; RFC 6750 §3.1 has one code for all of them, too.
const badKey = { ...unauthenticated, text: 'The API key or access token is not valid.' } as const
const badToken = badKey
const notFound = {
  status: 404,
  code: 'not_found',
  type: 'not_found_error',
  text: 'There is no such endpoint here.',
  level: 'info',
} as const
// One row for both, so that a caller cannot distinguish an unknown model from a forbidden one.
const noModel = {
  status: 404,
  code: 'model_not_found',
  type: 'invalid_request_error',
  anthropicType: 'not_found_error',
  text: 'The model does not exist or you do not have access to it.',
  level: 'info',
  isFinal: true,
} as const
const forbidden = {
  status: 403,
  type: 'permission_error',
  level: 'info',
  isFinal: true,
} as const
const limited = {
  status: 429,
  code: 'rate_limit_exceeded',
  type: 'rate_limit_error',
  level: 'info',
} as const
const cannotDecide = {
  status: 503,
  code: 'cannot_decide',
  type: 'api_error',
  text: 'The gatekeeper could not check this request and did not forward it. Try again in a moment.',
  level: 'error',
  retryAfterSeconds: 5,
} as const

export const reasons = {
  'edge-refused': {
    ...forbidden,
    code: 'edge_refused',
    text: 'Only the proxy in front of the gatekeeper may call it. Send the request to the proxy.',
    level: 'warn',
  },
  'malformed-target': {
    ...invalid,
    code: 'malformed_target',
    text: 'The path contains an encoding or segment that is not allowed (`//`, `..`, `%2f`).',
  },
  'malformed-field': {
    ...invalid,
    code: 'malformed_field',
    text: 'A header field of the request is malformed or repeated.',
  },
  'credential-in-target': {
    ...invalid,
    code: 'credential_in_target',
    text: 'The URL contains a key. Send the key in the Authorization field, and replace it: URLs are written to logs.',
    level: 'warn',
  },
  'ambiguous-credential': {
    ...invalid,
    code: 'ambiguous_credential',
    text: 'The request carries two different credentials. Send one.',
  },
  'credential-not-for-here': {
    ...invalid,
    code: 'credential_not_for_here',
    text: 'The request has a credential in a field that this route does not take it from. Send it only in the field that is for it here.',
    level: 'warn',
  },
  'split-key-halved': {
    ...invalid,
    code: 'split_key_halved',
    text: 'X-Partial-Key-Id and X-Partial-Key belong together. Send both, once each, or neither.',
  },
  'upgrade-refused': {
    ...invalid,
    code: 'upgrade_refused',
    text: 'This endpoint does not support protocol upgrades.',
  },
  'upgrade-not-relayed': {
    ...invalid,
    status: 426,
    code: 'upgrade_not_relayed',
    text: 'This route does not support WebSockets or other upgrades. Send the request over HTTP without an Upgrade field; endpoints that need a WebSocket, such as /v1/realtime, are not available.',
  },
  'body-unexpected': {
    ...invalid,
    code: 'body_unexpected',
    text: 'This endpoint does not accept a body.',
  },
  'body-malformed': {
    ...invalid,
    code: 'body_malformed',
    text: 'The body is not a JSON object in UTF-8.',
  },
  'body-ambiguous': {
    ...invalid,
    code: 'body_ambiguous',
    text: 'The body contains a member twice, or in two spellings that differ only in case.',
  },
  'body-field-refused': {
    ...invalid,
    code: 'body_field_refused',
    text: 'The body contains a member that callers may not set.',
  },
  'form-malformed': {
    ...invalid,
    code: 'form_malformed',
    text: 'The upload is not valid multipart/form-data, or uses a form that is not allowed, such as folded header fields or nested parts.',
  },
  'query-field-refused': {
    ...invalid,
    code: 'query_field_refused',
    text: 'The query contains a field that callers may not set.',
  },
  'member-missing': {
    ...invalid,
    code: 'member_missing',
    text: 'The request lacks something that it needs.',
  },
  'unknown-api': {
    ...invalid,
    code: 'invalid_api',
    text: 'There is no API of this name here.',
  },
  'endpoint-malformed': {
    ...invalid,
    code: 'invalid_endpoint',
    text: 'The endpoint must be a path such as /chat/completions, without encodings, a query, `..` or `//`.',
  },
  'unknown-level': {
    ...invalid,
    code: 'unknown_level',
    text: 'The level in the path does not exist. Use minnow or shark, in lower case and without a slash at the end: /minnow/chat, /shark/chat.',
  },
  'unknown-query': {
    ...invalid,
    code: 'unknown_query',
    text: 'The query contains an unknown name or value.',
  },
  'chat-malformed': {
    ...invalid,
    code: 'chat_malformed',
    text: 'The body must be an object with messages and, optionally, stream. messages is one text, or a list of objects with role and content. The body may also be one text.',
  },
  'chat-role-refused': {
    ...invalid,
    code: 'chat_role_refused',
    text: 'The role of a message must be user or assistant: the gatekeeper adds the system prompt itself.',
  },
  'body-aborted': {
    ...invalid,
    code: 'body_aborted',
    text: 'The client closed the connection before the request was answered.',
  },
  'no-credential': {
    ...unauthenticated,
    text: 'An API key is required. Send Authorization: Bearer KEY.',
  },
  'wrong-scheme': {
    ...unauthenticated,
    text: 'The Authorization field must use the scheme Bearer.',
  },
  'app-not-proven': {
    ...unauthenticated,
    text: 'The app id or its secret is not valid.',
  },
  'malformed-key': badKey,
  'unknown-key': badKey,
  'wrong-secret': badKey,
  'expired-key': badKey,
  'disabled-key': badKey,
  // Of the person who made the key or client.
  'unknown-person': badKey,
  'disabled-person': badKey,
  'person-without-access': badKey,
  'malformed-token': badToken,
  'unknown-issuer': badToken,
  'token-type': badToken,
  'token-algorithm': badToken,
  'token-signature': badToken,
  'token-audience': badToken,
  'token-expired': badToken,
  'token-not-yet-valid': badToken,
  'token-revoked': badToken,
  // One text for every fault, so that a caller cannot distinguish another's id from an invented one.
  'split-key-refused': {
    ...unauthenticated,
    code: 'invalid_split_key',
    text: 'The split key is not valid here. Its id, its part, its provider and its owner must belong together.',
    level: 'warn',
  },
  'no-route': notFound,
  'unlisted-endpoint': notFound,
  'never-endpoint': notFound,
  'service-not-granted': {
    ...forbidden,
    code: 'service_not_allowed',
    text: 'This key may not call this service.',
  },
  'other-app': {
    ...forbidden,
    code: 'other_app',
    text: 'The app that proved itself may get tokens for its own users only.',
  },
  'class-not-granted': {
    ...forbidden,
    code: 'endpoint_not_allowed',
    text: 'The role of this key does not allow this endpoint.',
  },
  'endpoint-not-listed': {
    ...forbidden,
    code: 'endpoint_not_listed',
    text: 'This endpoint of the API may not be called.',
  },
  'unload-not-granted': {
    ...forbidden,
    code: 'unload_not_allowed',
    text: 'Sending keep_alive: 0 without a prompt unloads the model for all users. This needs the role admin.',
  },
  'store-not-granted': {
    ...forbidden,
    code: 'stored_response_not_allowed',
    text: 'The request refers to stored responses that this key may not use. Send the whole conversation, without previous_response_id, conversation, item_reference and background.',
  },
  'address-refused': {
    ...forbidden,
    code: 'address_refused',
    text: 'Requests from this address are not accepted here.',
    level: 'info',
  },
  'address-not-allowed': {
    ...forbidden,
    code: 'address_not_allowed',
    text: 'This key may not be used from this address.',
    level: 'warn',
  },
  'origin-not-allowed': {
    ...forbidden,
    code: 'origin_not_allowed',
    text: 'This web origin may not call this service.',
  },
  'challenge-unsolved': {
    ...forbidden,
    code: 'challenge_unsolved',
    text: 'A challenge must be solved first. GET /widget/api/challenge says which, and POST /widget/api/tokens takes the solution.',
  },
  'cross-site': {
    ...forbidden,
    code: 'cross_site',
    text: 'A page of another site may not use the credentials that the browser has stored.',
    level: 'warn',
  },
  'not-inspected': {
    ...forbidden,
    code: 'not_inspected',
    text: 'This route cannot enforce a limit of your key. Use a relayed route of the service.',
  },
  'token-not-granted': {
    ...forbidden,
    code: 'token_not_granted',
    text: 'The token is valid, but no rule of its issuer grants access. Ask the operator to add a rule.',
  },
  'model-not-allowed': noModel,
  'model-not-found': noModel,
  'keep-alive-too-long': {
    ...forbidden,
    code: 'keep_alive_too_long',
    text: 'The keep_alive of the request is longer than you may keep a model loaded.',
  },
  'price-unknown': {
    ...forbidden,
    code: 'price_unknown',
    text: 'The price of this model, or of the service tier that the request asks for, is not known here, and a limit of money applies. The operator can set a price for a model.',
  },
  'context-too-large': {
    ...forbidden,
    code: 'context_too_large',
    text: 'The num_ctx of the request is larger than the context that you may use.',
  },
  'output-too-long': {
    ...forbidden,
    code: 'output_too_long',
    text: 'The request asks for more output tokens than you may use.',
  },
  'too-many-attempts': {
    status: 429,
    code: 'rate_limit_exceeded',
    type: 'rate_limit_error',
    text: 'Too many requests with an invalid key came from this address. Try again later.',
    level: 'warn',
    retryAfterSeconds: 30,
  },
  'rate-limited': {
    ...limited,
    text: 'Too many requests, or too much use, in a short time. Try again later.',
    retryAfterSeconds: 1,
  },
  'quota-exceeded': {
    ...limited,
    code: 'insufficient_quota',
    type: 'insufficient_quota',
    anthropicType: 'rate_limit_error',
    text: 'A quota is used up. Try again when it is renewed, or ask the operator for more.',
    isFinal: true,
    retryAfterSeconds: 59,
  },
  'too-many-running': {
    ...limited,
    text: 'Too many requests are running at the same time. Try again when one has finished.',
    retryAfterSeconds: 1,
  },
  'queue-full': {
    ...limited,
    text: 'Too many requests are waiting for this service. Try again in a moment.',
    retryAfterSeconds: 2,
  },
  'queue-timeout': {
    ...limited,
    text: 'The service was busy with other requests for too long. Try again in a moment.',
    retryAfterSeconds: 5,
  },
  'prompt-too-large': {
    status: 413,
    code: 'prompt_too_large',
    type: 'invalid_request_error',
    text: 'The prompt is larger than your limit allows.',
    level: 'info',
  },
  'too-much-in-flight': {
    ...cannotDecide,
    code: 'too_much_in_flight',
    type: 'overloaded_error',
    text: 'Too many large requests are being read. Try again in a moment.',
    level: 'warn',
    retryAfterSeconds: 2,
  },
  'ledger-unavailable': {
    ...cannotDecide,
    text: 'Usage cannot be recorded at the moment, so the request was not forwarded. Try again later.',
  },
  'obligation-unmet': { ...cannotDecide },
  'body-too-large': {
    status: 413,
    code: 'body_too_large',
    type: 'invalid_request_error',
    text: 'The body is larger than this endpoint accepts.',
    level: 'info',
  },
  'images-too-large': {
    status: 413,
    code: 'images_too_large',
    type: 'invalid_request_error',
    text: 'An image is larger than you may send, or is given as a URL, so its size is not known. Send a smaller image, in the body.',
    level: 'info',
  },
  'body-type': {
    status: 415,
    code: 'unsupported_media_type',
    type: 'invalid_request_error',
    text: 'This endpoint does not accept this content type; JSON needs Content-Type: application/json.',
    level: 'info',
  },
  'body-encoding': {
    status: 415,
    code: 'unsupported_content_encoding',
    type: 'invalid_request_error',
    text: 'This Content-Encoding is not accepted. Send the body without one.',
    level: 'info',
  },
  'upstream-failed': {
    status: 502,
    code: 'upstream_failed',
    type: 'api_error',
    text: 'The service behind the gatekeeper ended its answer early.',
    level: 'warn',
  },
  'upstream-untrusted': {
    status: 502,
    code: 'upstream_untrusted',
    type: 'api_error',
    text: 'The certificate of the service behind the gatekeeper is not trusted. The operator must renew it or configure its certificate authority.',
    level: 'error',
    isFinal: true,
  },
  'upstream-unreadable': {
    status: 502,
    code: 'upstream_unreadable',
    type: 'api_error',
    text: 'The service behind the gatekeeper sent an answer that cannot be read, so it was not forwarded.',
    level: 'error',
  },
  'upstream-rejected-us': {
    status: 502,
    code: 'upstream_rejected_us',
    type: 'api_error',
    text: 'The service behind the gatekeeper rejected the credential of the gatekeeper. The operator must correct it.',
    level: 'error',
    isFinal: true,
  },
  'upstream-provider-refused': {
    status: 502,
    code: 'upstream_provider_refused',
    type: 'api_error',
    text: 'The provider or the model behind this service refused the request (401 or 403). Your own credential is not the cause: ask the operator, or choose another model.',
    level: 'warn',
    isFinal: true,
  },
  'upstream-rejected-split-key': {
    status: 502,
    code: 'upstream_rejected_split_key',
    type: 'api_error',
    text: 'The provider refused the credential that this request brought along (401 or 403). It may be revoked there, or may not do this.',
    level: 'info',
    isFinal: true,
  },
  'vault-closed': {
    status: 503,
    code: 'service_not_available',
    type: 'api_error',
    text: 'Nothing can be sealed here now. The operator must correct it.',
    level: 'error',
    retryAfterSeconds: 30,
  },
  'provider-without-key': {
    status: 503,
    code: 'service_not_available',
    type: 'api_error',
    text: 'The operator has not set up this provider yet.',
    level: 'warn',
    retryAfterSeconds: 30,
  },
  'provider-quota-exceeded': {
    status: 402,
    code: 'provider_quota_exceeded',
    type: 'api_error',
    text: 'The account of the operator at the provider has nothing left. The operator must correct it.',
    level: 'error',
    isFinal: true,
  },
  'upstream-busy': {
    status: 503,
    code: 'upstream_busy',
    type: 'overloaded_error',
    text: 'The model service accepts no more requests now. Try again in a moment.',
    level: 'warn',
    retryAfterSeconds: 5,
  },
  'upstream-unreachable': {
    status: 503,
    code: 'upstream_unreachable',
    type: 'overloaded_error',
    text: 'The service behind the gatekeeper is not reachable. Try again in a moment.',
    level: 'warn',
    retryAfterSeconds: 5,
  },
  'upstream-timeout': {
    status: 504,
    code: 'upstream_timeout',
    type: 'api_error',
    text: 'The service behind the gatekeeper did not answer in time.',
    level: 'warn',
    retryAfterSeconds: 30,
  },
  'issuer-keys-unavailable': {
    ...cannotDecide,
    text: 'The keys of the token issuer are not available. Try again in a moment.',
  },
  'models-unavailable': {
    ...cannotDecide,
    text: 'The list of models is not available. Try again in a moment.',
    level: 'warn',
  },
  'route-mismatch': { ...cannotDecide },
  'check-failed': { ...cannotDecide },
  'audit-unavailable': {
    ...cannotDecide,
    text: 'Requests cannot be recorded at the moment and are refused until they can be. Try again later.',
  },
  'control-plane-off': {
    ...cannotDecide,
    code: 'control_plane_off',
    text: 'The process that answers this endpoint is not running. All other endpoints work.',
    level: 'warn',
    retryAfterSeconds: 30,
  },
  overloaded: {
    ...cannotDecide,
    code: 'gatekeeper_overloaded',
    type: 'overloaded_error',
    text: 'The gatekeeper has too many requests to handle. Try again in a moment.',
    // Not warn: lines of that level are written immediately, and there are thousands of these.
    level: 'info',
    retryAfterSeconds: 2,
  },
  draining: {
    ...cannotDecide,
    text: 'The gatekeeper is stopping. Try again in a moment.',
    level: 'info',
    retryAfterSeconds: 1,
  },
} as const satisfies Readonly<Record<string, ReasonRow>>

export type Reason = keyof typeof reasons

/** The names of our statuses in Google's error format (google.rpc.Status). */
export const googleStatuses: Readonly<Record<ReasonRow['status'], string>> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  402: 'FAILED_PRECONDITION',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  409: 'ABORTED',
  413: 'INVALID_ARGUMENT',
  415: 'INVALID_ARGUMENT',
  426: 'FAILED_PRECONDITION',
  429: 'RESOURCE_EXHAUSTED',
  502: 'UNAVAILABLE',
  503: 'UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
}

/** Returns the row of a reason with its optional members visible to the type checker. */
export function reasonRow(reason: Reason): ReasonRow {
  return reasons[reason]
}
