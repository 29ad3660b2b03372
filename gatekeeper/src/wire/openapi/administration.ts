import { z } from 'zod'
import {
  newQuota,
  newUser,
  userAnswer,
  userQuery,
  userRemoved,
  usersAnswer,
} from '../admin-users.ts'
import {
  analyticsQuery,
  costsAnswer,
  errorsAnswer,
  overviewAnswer,
  userReportAnswer,
} from '../analytics.ts'
import {
  auditAnswer,
  auditFailedAnswer,
  auditFailedQuery,
  auditQuery,
  auditStatsAnswer,
  auditStatsQuery,
} from '../audit-logs.ts'
import { newRule, ruleAnswer, ruleQuery, rulesAnswer, rulesRemoved } from '../ip-rules.ts'
import { adminHealthAnswer } from '../status.ts'
import type { Operation, Operations, Scheme } from './operation.ts'

const credentials: readonly Scheme[] = ['bearer', 'apiKey', 'adminKey']
const health = { 200: adminHealthAnswer, 503: adminHealthAnswer }

/** `/admin`, for keys of role admin that name the service `control`. */
export const controlOperations: Operations = {
  'GET /admin/health': {
    summary: 'Says which services answer and which providers have a key.',
    ...{ credentials, answers: health },
  },
  'GET /admin/users': {
    summary: 'Lists the users of apps.',
    ...{ credentials, query: userQuery, answers: { 200: usersAnswer } },
  },
  'GET /admin/users/{+id}': {
    summary: 'Describes a user of an app; the id is APP:USER.',
    ...{ credentials, answers: { 200: userAnswer } },
  },
  'POST /admin/users': {
    summary: 'Makes a user of an app.',
    ...{ credentials, body: { schema: newUser }, answers: { 201: userAnswer } },
  },
  'PUT /admin/users/{+id}/quota': {
    summary: 'Sets the quotas of a user.',
    ...{ credentials, body: { schema: newQuota }, answers: { 200: userAnswer } },
  },
  'DELETE /admin/users/{+id}': {
    summary: 'Removes a user; its calls stay, under a pseudonym.',
    ...{ credentials, answers: { 200: userRemoved } },
  },
  'GET /admin/ip-rules': {
    summary: 'Lists the rules about client addresses.',
    ...{ credentials, query: ruleQuery, answers: { 200: rulesAnswer } },
  },
  'POST /admin/ip-rules': {
    summary: 'Adds a rule about client addresses.',
    ...{ credentials, body: { schema: newRule }, answers: { 201: ruleAnswer } },
  },
  'DELETE /admin/ip-rules/{+id}': {
    summary: 'Removes the rule with this id, or the rules about this address.',
    ...{ credentials, answers: { 200: rulesRemoved } },
  },
  'GET /admin/audit-logs': {
    summary: 'Lists records of the audit, the newest first.',
    ...{ credentials, query: auditQuery, answers: { 200: auditAnswer } },
  },
  'GET /admin/audit-logs/stats': {
    summary: 'Counts records of the audit by action and by day.',
    ...{ credentials, query: auditStatsQuery, answers: { 200: auditStatsAnswer } },
  },
  'GET /admin/audit-logs/failed': {
    summary: 'Lists the newest refused and failed requests and acts.',
    ...{ credentials, query: auditFailedQuery, answers: { 200: auditFailedAnswer } },
  },
}

const readers: readonly Scheme[] = ['bearer', 'apiKey', 'userToken']
const own = { credentials: readers, query: analyticsQuery }

/** `/analytics`: administrators see all calls, everyone else their own. */
export const analyticsOperations: Operations = {
  'GET /analytics/overview': {
    summary: 'Sums calls by provider, caller and hour.',
    ...{ ...own, answers: { 200: overviewAnswer } },
  },
  'GET /analytics/costs': {
    summary: 'Sums costs by provider.',
    ...{ ...own, answers: { 200: costsAnswer } },
  },
  'GET /analytics/errors': {
    summary: 'Counts failed calls by provider and status.',
    ...{ ...own, answers: { 200: errorsAnswer } },
  },
  'GET /analytics/my-stats': {
    summary: 'Describes the caller’s own calls.',
    ...{ ...own, answers: { 200: userReportAnswer } },
  },
  'GET /analytics/user/{+id}': {
    summary: 'Describes the calls of one user; the id is APP:USER.',
    ...{ ...own, answers: { 200: userReportAnswer } },
  },
}

const document: Operation = {
  summary: 'Describes these routes.',
  credentials: ['none'],
  answers: { 200: z.looseObject({ openapi: z.string() }) },
}

/** `/openapi.json` itself. */
export const documentOperations: Operations = {
  'GET /openapi.json': document,
  'HEAD /openapi.json': document,
}
