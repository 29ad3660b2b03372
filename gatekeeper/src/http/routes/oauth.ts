import { groupAddress } from '../../lib/net/address-group.ts'
import type {
  AuthorizationServer,
  OAuthAnswer,
  OAuthRequest,
} from '../../oauth/authorization-server.ts'
import { oauthPaths } from '../../oauth/metadata.ts'
import { type OAuthError, oauthError } from '../../oauth/oauth-error.ts'
import { parameterBytesMax, readParameters } from '../../oauth/parameters.ts'
import type { Answer } from '../answer.ts'
import { jsonAnswer } from '../send.ts'
import type { OwnEndpoints, OwnRequest } from '../serve/own.ts'

type Ask = (request: OAuthRequest) => Promise<OAuthAnswer>

/** Returns the endpoints of the authorization server (RFC 6749, RFC 7662, RFC 7009). */
export function oauthEndpoints(server: AuthorizationServer): OwnEndpoints {
  return {
    [oauthPaths.token]: (request) => answer(request, server.token),
    [oauthPaths.introspection]: (request) => answer(request, server.introspect),
    [oauthPaths.revocation]: (request) => answer(request, server.revoke),
  }
}

async function answer(request: OwnRequest, ask: Ask): Promise<Answer> {
  const bytes = await request.body.read(parameterBytesMax, request.admission.principal.id)
  if (typeof bytes === 'string') return render(refused('The body is too long.'), 413)
  const parameters = readParameters(bytes, request.field('content-type') ?? '')
  if ('error' in parameters) return render(parameters, 400)
  const { facts } = request.admission
  return renderAnswer(
    await ask({
      parameters,
      authorization: request.field('authorization'),
      addressGroup: groupAddress(facts.clientAddress),
      clientAddress: facts.clientAddress,
    }),
  )
}

const refused = (description: string): OAuthError => oauthError('invalid_request', description)

function render({ error, description }: OAuthError, status: number): Answer {
  return renderAnswer({ status, body: { error, error_description: description } })
}

/** RFC 6749 §5.1: no cache may keep an answer with a token; jsonAnswer sends no-store. */
function renderAnswer({ status, body, challenge, retryAfterSeconds }: OAuthAnswer): Answer {
  const rendered = jsonAnswer(status, body ?? {})
  const fields = {
    ...rendered.fields,
    pragma: 'no-cache',
    ...(challenge && { 'www-authenticate': 'Basic realm="gatekeeper", charset="UTF-8"' }),
    ...(retryAfterSeconds !== undefined && { 'retry-after': String(retryAfterSeconds) }),
  }
  return { ...rendered, fields, body: body === null ? '' : rendered.body }
}
