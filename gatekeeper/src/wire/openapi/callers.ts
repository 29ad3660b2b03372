import { z } from 'zod'
import { logoutAnswer, tokenAnswer, tokenInfoAnswer, tokenRequest, verifyAnswer } from '../auth.ts'
import { chatAnswer, chatBody, chatQuery } from '../chat.ts'
import {
  grantAnswer,
  grantParameters,
  introspectionAnswer,
  keySet,
  resourceMetadata,
  serverMetadata,
  tokenParameters,
} from '../oauth.ts'
import { adapterBody, adapterQuery, endpointsAnswer } from '../providers.ts'
import {
  newSplitKey,
  shownPart,
  splitAnswer,
  splitKeyAnswer,
  splitKeyRemoved,
  splitKeysAnswer,
  splitKeyTried,
} from '../split-keys.ts'
import { healthAnswer, statusAnswer } from '../status.ts'
import type { Operation, Operations, Scheme } from './operation.ts'

const ofKeys: readonly Scheme[] = ['bearer', 'apiKey']
const ofUsers: readonly Scheme[] = ['userToken']
/** A client's secret stands in the field or in the body. */
const ofClients: Operation['credentials'] = ['client', 'none']

const status: Operation = {
  summary: 'Says who the caller is and what is left of its limits.',
  ...{ credentials: ofKeys, answers: { 200: statusAnswer } },
}

/** `/status`. */
export const statusOperations: Operations = { 'GET /status': status, 'HEAD /status': status }

const formTypes = ['application/x-www-form-urlencoded', 'application/json']
const ofToken = { schema: tokenParameters, types: formTypes }

/** `/oauth`. */
export const oauthOperations: Operations = {
  'POST /oauth/token': {
    summary: 'Issues an access token (RFC 6749, RFC 8693).',
    credentials: ofClients,
    ...{ body: { schema: grantParameters, types: formTypes }, answers: { 200: grantAnswer } },
  },
  'POST /oauth/introspect': {
    summary: 'Says whether a token is valid (RFC 7662).',
    ...{ credentials: ofClients, body: ofToken, answers: { 200: introspectionAnswer } },
  },
  'POST /oauth/revoke': {
    summary: 'Ends a token (RFC 7009).',
    ...{ credentials: ofClients, body: ofToken, answers: { 200: null } },
  },
}

const verify: Operation = {
  summary: 'Describes the user of a token.',
  ...{ credentials: ofUsers, answers: { 200: verifyAnswer } },
}
const info: Operation = {
  summary: 'Says how long a token is valid.',
  ...{ credentials: ofUsers, answers: { 200: tokenInfoAnswer } },
}

/** `/auth`. */
export const authOperations: Operations = {
  'POST /auth/token': {
    summary: 'Issues a token for a user of an app, to the app or, for a public app, to anybody.',
    credentials: ['client', 'apiKey', 'none'],
    ...{ body: { schema: tokenRequest }, answers: { 200: tokenAnswer } },
  },
  'GET /auth/verify': verify,
  'HEAD /auth/verify': verify,
  'GET /auth/token-info': info,
  'HEAD /auth/token-info': info,
  'POST /auth/logout': {
    summary: 'Ends all tokens that the user has now.',
    ...{ credentials: ofUsers, answers: { 200: logoutAnswer } },
  },
}

/** `/api/split-key`. */
export const splitKeyOperations: Operations = {
  'POST /api/split-key/split': {
    summary: 'Splits a key of a provider; the answer alone has the client’s part.',
    ...{ credentials: ofUsers, body: { schema: newSplitKey }, answers: { 201: splitAnswer } },
  },
  'GET /api/split-key': {
    summary: 'Lists the caller’s own split keys.',
    ...{ credentials: ofUsers, answers: { 200: splitKeysAnswer } },
  },
  'GET /api/split-key/{id}': {
    summary: 'Describes a split key.',
    ...{ credentials: ofUsers, answers: { 200: splitKeyAnswer } },
  },
  'DELETE /api/split-key/{id}': {
    summary: 'Removes a split key.',
    ...{ credentials: ofUsers, answers: { 200: splitKeyRemoved } },
  },
  'POST /api/split-key/{id}/validate': {
    summary: 'Says whether a part is the right one.',
    credentials: ofUsers,
    body: { schema: shownPart },
    answers: { 200: splitKeyTried, 400: splitKeyTried },
  },
  'POST /api/split-key/{id}/rotate': {
    summary: 'Gives a new part; the old one is dead.',
    ...{ credentials: ofUsers, body: { schema: shownPart }, answers: { 200: splitAnswer } },
  },
}

const call: Operation = {
  summary: 'Calls the endpoint of the provider that the request names, and answers as it does.',
  credentials: [...ofUsers, ...ofKeys],
  fields: ['X-Partial-Key-Id', 'X-Partial-Key'],
  answers: { 200: z.unknown() },
  isStreamed: true,
}

/** `/api/PROVIDER`, by the pattern behind that prefix. */
export const adapterOperations: Operations = {
  'POST /': { ...call, body: { schema: adapterBody } },
  'POST /proxy': { ...call, body: { schema: adapterBody } },
  'GET /proxy': { ...call, query: adapterQuery },
  'GET /endpoints': {
    summary: 'Lists the endpoints of the provider that may be called.',
    ...{ credentials: [...ofUsers, ...ofKeys], answers: { 200: endpointsAnswer } },
  },
}

const chat: Operation = {
  summary: 'Answers a conversation, with a prompt of the gateway.',
  credentials: ofKeys,
  query: chatQuery,
  body: { schema: chatBody },
  answers: { 200: chatAnswer },
  isStreamed: true,
}
const openChat: Operation = { ...chat, credentials: [...ofKeys, 'none'] }

/** The domain chat. */
export const chatOperations: Operations = {
  'POST /minnow/chat': openChat,
  'POST /shark/chat': openChat,
  'POST /authorized/minnow/chat': chat,
  'POST /authorized/shark/chat': chat,
}

const document = (summary: string, schema: z.ZodType): Operation => ({
  ...{ summary, credentials: ['none'], answers: { 200: schema } },
})

/** What is answered without admission. */
export const wellKnownOperations: Operations = {
  'GET /health': document('Says that the gateway works.', healthAnswer),
  'GET /.well-known/jwks.json': document('Has the public keys of tokens (RFC 7517).', keySet),
  'GET /.well-known/oauth-authorization-server': document(
    'Describes the authorization server (RFC 8414).',
    serverMetadata,
  ),
}

/** The document for clients of other issuers. */
export const resourceOperations: Operations = {
  'GET /.well-known/oauth-protected-resource': document(
    'Lists the accepted issuers (RFC 9728).',
    resourceMetadata,
  ),
}
