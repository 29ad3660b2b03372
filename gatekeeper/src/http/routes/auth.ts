/** Tokens for the users of apps: `/auth/token`, `/auth/verify`, `/auth/token-info`, `/auth/logout`. */
import { reasonOfUnread } from '../../admission/body-source.ts'
import { formatSecond } from '../../lib/instant.ts'
import { idChars, isUserId } from '../../model/app.ts'
import { isSameOrigin } from '../../model/origin.ts'
import type { AppUser, Principal } from '../../model/principal.ts'
import { RefusedError } from '../../model/refused-error.ts'
import { readParameters } from '../../oauth/parameters.ts'
import type { UserTokenRequest, UserTokens } from '../../oauth/user-tokens.ts'
import { jsonAnswer } from '../send.ts'
import type { OwnEndpoints, OwnRequest } from '../serve/own.ts'

/** Returns the endpoints; `clock` gives the current time for lifetimes. */
export function authEndpoints(tokens: UserTokens, clock: () => number): OwnEndpoints {
  return {
    '/auth/token': async (request) => {
      const { token, ttlSeconds, user } = await tokens.issue(await readRequest(request))
      return jsonAnswer(200, {
        ...{ success: true, token, tokenType: 'Bearer' },
        ...{ expiresIn: lifetimeText(ttlSeconds), expiresInSeconds: ttlSeconds, user },
        message: 'Send the token as Authorization: Bearer TOKEN.',
      })
    },
    '/auth/verify': async ({ admission: { principal } }) => {
      const user = await tokens.describe(principal, holderOf(principal))
      return jsonAnswer(200, { valid: true, user })
    },
    '/auth/token-info': ({ admission: { principal } }) => {
      const { userId, appId, issuedAt } = holderOf(principal)
      const expiresAt = principal.expiresAt ?? 0
      const seconds = Math.max(0, Math.floor((expiresAt - clock()) / 1000))
      return jsonAnswer(200, {
        user: { userId, appId },
        ...{ issuedAt: formatSecond(issuedAt), expiresAt: formatSecond(expiresAt) },
        ...{ expiresInSeconds: seconds, expiresInHours: Math.round(seconds / 36) / 100 },
        isBlacklisted: false,
      })
    },
    '/auth/logout': async ({ admission: { principal, facts } }) => {
      await tokens.logOut(principal, holderOf(principal), facts.clientAddress)
      const message = 'Logged out: no token that this user has now is valid any more.'
      return jsonAnswer(200, { success: true, message })
    },
  }
}

/** An API key is no token of an app's user. */
function holderOf({ app }: Principal): AppUser {
  if (app === undefined) throw new RefusedError('malformed-token', notOfApp)
  return app
}

const notOfApp = { text: 'This needs a token of an app’s user.', param: null }

/** Two ids and a secret, all of it escaped. What strangers send is held until it has arrived. */
const requestBytesMax = 8 * 1024

const required = ['userId', 'appId'] as const

async function readRequest({ admission, field, body }: OwnRequest): Promise<UserTokenRequest> {
  const { facts, principal } = admission
  const type = field('content-type') ?? ''
  if (!/^application\/json *(?:;|$)/i.test(type)) throw new RefusedError('body-type')
  const bytes = await body.read(requestBytesMax, principal.id)
  if (typeof bytes === 'string') throw new RefusedError(reasonOfUnread(bytes))
  const read = readParameters(bytes, 'application/json')
  if ('error' in read) throw invalid(read.description)
  const [userId, appId] = required.map((name) => read.get(name) ?? '')
  if (!isUserId(userId ?? '')) throw invalid(`userId must be ${idText}.`)
  if (!isUserId(appId ?? '')) throw invalid(`appId must be ${idText}.`)
  const isForeign = facts.origin !== null && !isSameOrigin(facts.origin, facts.host)
  return {
    ...{ userId: userId ?? '', appId: appId ?? '', clientAddress: facts.clientAddress },
    ...{ authorization: field('authorization'), apiKey: field('x-api-key') },
    clientSecret: read.get('client_secret') ?? null,
    hasOrigin: facts.origin !== null,
    needsOrigin: facts.service?.needsOrigin === true,
    foreignOrigin: isForeign ? facts.origin : null,
    isOriginListed: isForeign && facts.service?.origins.includes(facts.origin ?? '') === true,
  }
}

const idText = `a text of ${idChars.min} to ${idChars.max} characters, none of them a control character`

function invalid(text: string): RefusedError {
  return new RefusedError('body-malformed', { text, param: null, members: { required } })
}

const daySeconds = 86_400

/** `7 days`, `12 hours`, `60 minutes`. */
function lifetimeText(seconds: number): string {
  if (seconds % daySeconds === 0) return `${seconds / daySeconds} days`
  const isHours = seconds % 3600 === 0 && seconds > 3600
  return isHours ? `${seconds / 3600} hours` : `${Math.round(seconds / 60)} minutes`
}
