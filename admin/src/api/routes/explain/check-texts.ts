/** What each check looks at, for people: its title, and what it found where it allows. */
import type { Explanation } from '../../../../../gatekeeper/src/model/explanation.ts'

type CheckText = {
  readonly title: string
  readonly found?: (explanation: Explanation) => string | null
}

/** By name; a test compares the names with the checks. */
export const checkTexts: Readonly<Record<string, CheckText>> = {
  'ruled-address': { title: 'The address is not shut out' },
  'well-formed-head': { title: 'The request is in its plain form' },
  'unchanged-protocol': { title: 'The request keeps its protocol' },
  'known-caller': { title: 'The caller is known', found: describeCaller },
  'unstrayed-credential': { title: 'The credential is where it belongs' },
  'allowed-query': { title: 'The query is allowed' },
  'listed-endpoint': { title: 'The service has this endpoint', found: describeEndpoint },
  'ruled-caller': { title: 'No address rule shuts the caller out' },
  'granted-service': { title: 'The caller may call the service', found: describeServices },
  'granted-class': { title: 'The role allows it', found: describeClass },
  'allowed-address': { title: 'The address is one of the caller’s' },
  'allowed-origin': { title: 'The page’s origin is allowed' },
  'same-site': { title: 'No foreign page sends it' },
  inspectable: { title: 'Its limits can be enforced here' },
  'ended-stream': { title: 'The stream ends in time' },
  'well-formed-body': { title: 'The body is well formed' },
  'allowed-model': { title: 'The caller may use the model', found: describeModels },
  'granted-unload': { title: 'It unloads no model of others' },
  'granted-store': { title: 'What it refers to is the caller’s own' },
  'within-caps': { title: 'It is within the caps' },
  'within-prompt': { title: 'The prompt is within its limit' },
  'capped-output': { title: 'The output is within its limit' },
  'counted-stream': { title: 'The stream can be counted' },
}

function describeCaller({ caller }: Explanation): string | null {
  return caller && `${caller.id}, of ${caller.user}, ${caller.role}`
}

function describeEndpoint({ request }: Explanation): string | null {
  const { service, route, point, endpoint } = request
  if (service === null) return null
  const way = point === 'relay' ? 'relayed' : 'checked'
  return `${endpoint ?? 'any path'} of ${service}, route ${route}, ${way}`
}

function describeServices({ caller }: Explanation): string | null {
  if (caller === null) return null
  return caller.services.length === 0 ? 'needs no service' : `may call ${list(caller.services)}`
}

function describeClass({ caller, request }: Explanation): string | null {
  return caller && `class ${request.class ?? 'unknown'}; role ${caller.role} may`
}

function describeModels({ caller }: Explanation): string | null {
  if (caller === null) return null
  return caller.models.length === 0 ? 'every model' : `models ${list(caller.models)}`
}

const shownMax = 8

function list(words: readonly string[]): string {
  const more = words.length > shownMax ? ` and ${words.length - shownMax} more` : ''
  return words.slice(0, shownMax).join(', ') + more
}
