import type { Finding } from '../../../gatekeeper/src/operations/doctor/finding.ts'
import { type Json, listOf, memberAt, objectOf, textsOf, type Visit } from './adapted.ts'
import { type Caddyfile, createReport, roleOf } from './caddyfile.ts'
import { identityNames, statement } from './field-names.ts'

const shipped = 'Take the snippet of the shipped caddy/Caddyfile.'
const gateLine = /^\(gate\)/

/** An answer of the check counts only with status 200, the proof and an identity. */
export function checkGates(caddyfile: Caddyfile, visits: readonly Visit[]): readonly Finding[] {
  return visits
    .filter(({ handler }) => roleOf(handler, caddyfile) === 'gate')
    .flatMap(({ handler }) => [
      ...judgeQuestion(caddyfile, handler),
      ...judgeAnswers(caddyfile, handler),
      ...judgeTransport(caddyfile, handler),
    ])
}

/** Caddy must state the request to the relay and the check, together with the edge secret. */
export function checkStatements(
  caddyfile: Caddyfile,
  visits: readonly Visit[],
): readonly Finding[] {
  const report = createReport(caddyfile)
  return visits.flatMap(({ handler }) => {
    const role = roleOf(handler, caddyfile)
    if (role !== 'gate' && role !== 'relay') return []
    const set = objectOf(memberAt(handler, 'headers', 'request', 'set'))
    const wanted = { ...statement, 'X-Gatekeeper-Edge': caddyfile.secrets.edge }
    const wrong = Object.entries(wanted)
      .filter(([name, value]) => JSON.stringify(set[name]) !== JSON.stringify([value]))
      .map(([name]) => name)
    if (wrong.length === 0) return []
    const what = `the (${role}) does not set ${wrong.join(', ')} as the gatekeeper expects`
    return [report(/^\(statement\)/, what, shipped)]
  })
}

function judgeQuestion(caddyfile: Caddyfile, gate: Json): Finding[] {
  const report = createReport(caddyfile)
  const rewrite = objectOf(gate['rewrite'])
  const isRight =
    rewrite['method'] === 'GET' && /^\/check\/[a-z0-9-]+\?$/.test(String(rewrite['uri']))
  const removed = textsOf(memberAt(gate, 'headers', 'request', 'delete'))
  const missing = ['Expect', 'Connection', 'Upgrade', 'Content-Length', 'Transfer-Encoding'].filter(
    (name) => !removed.includes(name),
  )
  return [
    ...(isRight
      ? []
      : [
          report(
            gateLine,
            'the question is not `GET /check/SERVICE?`, so it asks nothing',
            shipped,
          ),
        ]),
    ...(missing.length === 0
      ? []
      : [report(gateLine, `the question carries ${missing.join(', ')} of the client`, shipped)]),
  ]
}

function judgeAnswers(caddyfile: Caddyfile, gate: Json): Finding[] {
  const report = createReport(caddyfile)
  const answers = listOf(gate['handle_response'])
  const passing = answers.filter((answer) => !endsThere(answer['routes'], caddyfile))
  const findings: Finding[] = []
  if (!passing.every((answer) => isProven(answer, caddyfile))) {
    const what =
      'an answer without status 200, the proof and X-Gatekeeper-User is accepted as a yes'
    findings.push(report(gateLine, what, `Match all three in @allow. ${shipped}`))
  }
  for (const { routes } of passing) {
    const text = JSON.stringify(routes)
    const missing = identityNames.filter(
      (name) => !text.includes(`"${name}":["{http.reverse_proxy.header.${name}}"]`),
    )
    if (missing.length === 0) continue
    const what = `the identity that the gatekeeper names is not copied to the request: ${missing.join(', ')}`
    findings.push(report(gateLine, what, shipped))
  }
  const ended = new Set(answers.filter((answer) => !passing.includes(answer)).flatMap(statusOf))
  if (![2, 3].every((status) => ended.has(status))) {
    const what =
      'a success or redirect that is not the gatekeeper’s own goes to the client as an answer'
    findings.push(report(gateLine, what, `Answer 503 to status 2xx and 3xx (@odd). ${shipped}`))
  }
  return findings
}

const statusOf = (answer: Json): readonly unknown[] => {
  const status = memberAt(answer, 'match', 'status_code')
  return Array.isArray(status) ? status : [1, 2, 3, 4, 5]
}

function isProven(answer: Json, { secrets }: Caddyfile): boolean {
  const match = objectOf(answer['match'])
  const isOne = (value: unknown, wanted: unknown) =>
    JSON.stringify(value) === JSON.stringify([wanted])
  return (
    isOne(match['status_code'], 200) &&
    isOne(memberAt(match, 'headers', 'X-Gatekeeper-Proof'), secrets.proof) &&
    isOne(memberAt(match, 'headers', 'X-Gatekeeper-User'), '*')
  )
}

const ending = new Set(['static_response', 'error', 'copy_response'])

/** Whether the routes answer every request at their end. */
function endsThere(routes: unknown, caddyfile: Caddyfile): boolean {
  const isEnd = (handler: Json) =>
    ending.has(String(handler['handler'])) ||
    // The relay decides itself, or sends the refusal of the check.
    roleOf(handler, caddyfile) === 'relay' ||
    endsThere(handler['routes'], caddyfile)
  return listOf(routes).some(
    (route) => listOf(route['match']).length === 0 && listOf(route['handle']).some(isEnd),
  )
}

/** Pooled checks can reach the application with a key; checks without a time limit can hang. */
function judgeTransport(caddyfile: Caddyfile, gate: Json): Finding[] {
  const findings: Finding[] = []
  const transport = objectOf(gate['transport'])
  if (memberAt(transport, 'keep_alive', 'enabled') !== false) {
    const what = "connections of checks are kept: one may reach a service, with the caller's key"
    findings.push(createReport(caddyfile)(gateLine, what, `Write \`keepalive off\`. ${shipped}`))
  }
  const limits = ['dial_timeout', 'response_header_timeout']
  if (!limits.every((name) => Number(transport[name]) > 0)) {
    const what = 'a gatekeeper that hangs would let requests hang for ever'
    const remedy = `Set ${limits.join(' and ')}. ${shipped}`
    findings.push(createReport(caddyfile, 'warning')(gateLine, what, remedy))
  }
  return findings
}
