/** The chat widget without its chat: tokens for pages, and the files that pages load. */
import { reasonOfUnread } from '../../admission/body-source.ts'
import { pathParameters } from '../../kinds/find-endpoint.ts'
import { widgetFiles, widgetPaths } from '../../kinds/widget/widget.ts'
import { isObject } from '../../lib/json/is-object.ts'
import { parseJson } from '../../lib/json/parse-json.ts'
import { RefusedError } from '../../model/refused-error.ts'
import { widgetTokenSeconds } from '../../model/widget.ts'
import type { PageRequest, WidgetTokens } from '../../oauth/widget-tokens.ts'
import type { Answer } from '../answer.ts'
import { jsonAnswer } from '../send.ts'
import type { OwnEndpoint, OwnEndpoints, OwnRequest } from '../serve/own.ts'

export type WidgetRouteDeps = {
  readonly tokens: WidgetTokens
  /** Returns the files that pages load; null if they are not built. */
  readonly files: () => WidgetFiles | null
}

export type WidgetFiles = {
  /** The version in the paths of files that never change. */
  readonly version: string
  /** By their names. */
  readonly texts: ReadonlyMap<string, string>
}

/** Returns the endpoints; none if there is no widget. */
export function widgetEndpoints(deps: WidgetRouteDeps | null): OwnEndpoints {
  if (deps === null) return {}
  const { tokens } = deps
  const at = (paths: readonly string[], endpoint: OwnEndpoint) =>
    paths.map((path) => [path, endpoint] as const)
  return Object.fromEntries([
    ...at(widgetPaths.token, async (request) =>
      tokenAnswer(200, await tokens.issue(pageOf(request), {})),
    ),
    ...at(widgetPaths.tokens, async (request) => {
      // Before the body: a page that is not listed is refused, whatever it sends.
      tokens.judgePage(pageOf(request))
      const shown = await readMembers(request, ['userId', 'challenge', 'solution'])
      return tokenAnswer(201, await tokens.issue(pageOf(request), shown))
    }),
    ...at(widgetPaths.challenge, (request) =>
      forPage(jsonAnswer(200, tokens.challenge(pageOf(request)))),
    ),
    ...at(widgetPaths.exchange, async (request) => {
      tokens.judgePage(pageOf(request))
      const { token } = await readMembers(request, ['token'])
      if (token === undefined) throw invalid('token must be a text.')
      return exchangeAnswer(await tokens.exchange(pageOf(request), token))
    }),
    ...widgetFiles.flatMap((name) =>
      at([`/widget/${name}`, `/widget/{version}/${name}`], (request) =>
        fileAnswer(name, request, deps),
      ),
    ),
  ])
}

function pageOf({ admission: { facts }, field }: OwnRequest): PageRequest {
  const { origin, fetchSite, host, clientAddress } = facts
  return { origin, fetchSite, host, clientAddress, referer: field('referer') }
}

const lifetime = { expiresIn: `${widgetTokenSeconds / 60}m`, tokenType: 'Bearer' }

function tokenAnswer(status: number, token: string): Answer {
  return forPage(jsonAnswer(status, { token, ...lifetime }))
}

/** Two names of one token: pages of the older system read the second. */
function exchangeAnswer(token: string): Answer {
  return forPage(jsonAnswer(200, { token, sessionToken: token, ...lifetime }))
}

/** What one page may read, no cache may give to another. */
function forPage(answer: Answer): Answer {
  return { ...answer, fields: { ...answer.fields, vary: 'Origin' } }
}

/** A token and a few words around it. */
const bodyBytesMax = 16 * 1024

/** Returns the texts of a JSON object that may have these members; none if there is no body. */
async function readMembers(
  { admission, field, body }: OwnRequest,
  names: readonly string[],
): Promise<Readonly<Record<string, string>>> {
  const bytes = await body.read(bodyBytesMax, admission.principal.id)
  if (typeof bytes === 'string') throw new RefusedError(reasonOfUnread(bytes))
  if (bytes.length === 0) return {}
  const type = field('content-type') ?? ''
  if (!/^application\/json *(?:;|$)/i.test(type)) throw new RefusedError('body-type')
  const value = parseJson(bytes.toString('utf8'))
  if (!isObject(value)) throw invalid('The body must be a JSON object.')
  const isKnown = Object.entries(value).every(
    ([name, text]) => names.includes(name) && typeof text === 'string',
  )
  if (!isKnown) throw invalid(`The body may have only ${names.join(', ')}, as text.`)
  return value as Record<string, string>
}

function invalid(text: string): RefusedError {
  return new RefusedError('body-malformed', { text, param: null })
}

const yearSeconds = 31_536_000

/** Any page may load the file; what it may do then is decided where it asks for a token. */
function fileAnswer(name: string, { admission }: OwnRequest, deps: WidgetRouteDeps): Answer {
  const { endpoint, endpointPath } = admission.facts
  const { version } = endpoint === null ? {} : pathParameters(endpoint, endpointPath)
  const files = deps.files()
  const isOurs = version === undefined || version === files?.version
  const text = isOurs ? files?.texts.get(name) : undefined
  if (text === undefined) throw new RefusedError('unlisted-endpoint')
  const isFixed = version !== undefined
  return {
    status: 200,
    fields: {
      'content-type': 'text/javascript; charset=utf-8',
      'cache-control': isFixed
        ? `public, max-age=${yearSeconds}, immutable`
        : 'public, max-age=300',
      'access-control-allow-origin': '*',
      'cross-origin-resource-policy': 'cross-origin',
    },
    body: text,
  }
}
