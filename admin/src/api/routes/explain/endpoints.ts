/** Explain: what would happen to a request, asked of the gatekeeper that runs. */
import { readTextFile } from '../../../../../gatekeeper/src/lib/files/text-file.ts'
import type {
  ExplainCaller,
  ExplainQuestion,
  Explanation,
} from '../../../../../gatekeeper/src/model/explanation.ts'
import { readEveryClient } from '../../../../../gatekeeper/src/operations/clients/read-clients.ts'
import type { ApiDeps } from '../../api-deps.ts'
import { ApiError } from '../../api-error.ts'
import { askRunning } from '../../ask-running.ts'
import type { Caller } from '../../caller.ts'
import { defineEndpoint, type Endpoint } from '../../endpoint.ts'
import { scopeOf } from '../../scope.ts'
import { isSeen, requireSeen } from '../keys/own-keys.ts'
import { commandLine } from './command-line.ts'
import { explained, type Question, question } from './schema.ts'
import { viewExplanation } from './view.ts'

/** Returns the row of `/explain`. */
export function explainEndpoints(deps: ApiDeps): readonly Endpoint[] {
  return [
    defineEndpoint({
      method: 'POST',
      path: '/explain',
      summary:
        'Says what would happen to a request of a key or client, with every check. Nothing is sent on and nothing is counted.',
      roles: 'any',
      event: null,
      body: question,
      answers: { 200: explained },
      handle: async ({ caller, body }) => {
        const asked = await requireAsked(body, caller, deps)
        const { installation, askGatekeeper } = deps
        const explanation = await askRunning<Explanation>(
          askGatekeeper,
          '/explain',
          toQuestion(body, asked, installation.settings.sites[0]),
        )
        const view = viewExplanation(explanation, { ...installation, readText: readTextFile })
        return { status: 200, body: { ...view, command: commandLine(body) } }
      },
    }),
  ]
}

/** Returns whose request it is, or throws as for a key or client that does not exist. */
async function requireAsked(
  { key, client }: Question,
  caller: Caller,
  { keys, installation }: ApiDeps,
): Promise<ExplainCaller> {
  if (key !== undefined) {
    if (key.includes('_')) throw wholeKey()
    requireSeen((await keys.now()).find(key), caller)
    return { kind: 'key', id: key }
  }
  if (client !== undefined) {
    const found = (await readEveryClient(installation)).find(({ id }) => id === client)
    if (found === undefined || !isSeen(found, caller)) {
      throw new ApiError('not_found', 'There is no client with this id.')
    }
    return { kind: 'client', id: client }
  }
  // What strangers may do is told by the whole configuration, of which members see only their part.
  if (scopeOf(caller).seesAll) return { kind: 'anonymous' }
  throw new ApiError('not_found', 'Name one of your keys.')
}

/** A credential is for the command line, which reads it from a file; the text is not repeated. */
const wholeKey = () =>
  new ApiError('invalid', 'Name a key by its id, the ten characters after gk_.', {
    problems: [{ path: 'key', message: 'must be the id of a key, not the key itself' }],
  })

function toQuestion(asked: Question, caller: ExplainCaller, site = 'localhost'): ExplainQuestion {
  const { method, path: target, host = site, model = null, endpoint = null } = asked
  const { from: clientAddress, origin = null } = asked
  const request = { method: method.toUpperCase(), target, host, clientAddress, origin }
  return { ...request, model, endpoint, caller }
}
