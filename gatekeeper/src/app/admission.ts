/** What admission needs from other rooms, for requests and for `explain`. */
import {
  createAddressLimits,
  limitPublicUsers,
  limitReaders,
  limitVisitors,
} from '../admission/address-limits.ts'
import type { AdmitDeps } from '../admission/admit.ts'
import { inOrder, refuseUnrecorded } from '../admission/reserve.ts'
import { limitSplits } from '../admission/split-limit.ts'
import type { OriginRules } from '../config/resolve-origins.ts'
import type { ExplainDeps } from '../explain/explain.ts'
import { createApiFinder } from '../kinds/bridge/bridge.ts'
import { ownServicesBeside } from '../kinds/own/own-services.ts'
import type { Service } from '../model/service.ts'
import { checks } from '../policy/checks.ts'
import { limitsOf } from '../policy/policies.ts'
import { createRouteTable } from '../policy/route-table.ts'
import { isAct } from '../telemetry/audited-decision.ts'
import { createAnswerReaders } from '../usage/answer-readers.ts'
import type { AppDeps } from './app-deps.ts'
import { createCredentials } from './credentials.ts'
import type { Opened } from './open-parts.ts'

export function createAdmission(deps: AppDeps, opened: Opened) {
  const { services, policies } = deps
  const { audit, ledger, keys, clients, rules, chat, queues, vault } = opened
  const credentials = createCredentials(deps, opened)
  const { isOwnResponse, isOwnItem, costOf, createReader } = createAnswerReaders(services)
  const reserver = inOrder(
    [
      refuseUnrecorded((facts) => audit.isBlocked({ isAct: isAct(facts) })),
      ...limitVisitors(services),
      limitReaders(policies.reads),
      limitPublicUsers(),
      limitSplits(),
    ],
    ledger,
  )
  // Our own endpoints have no origins of their own; those for apps are like the providers.
  const own = ownServicesBeside(services).map((one) => withOrigins(one, deps.origins))
  const { perAddress } = policies
  const all = [...services, ...own]
  const ofAddress = createAddressLimits({ perAddress, services: all, clock: deps.clock })
  const common = {
    findRoute: createRouteTable(all),
    addressRules: rules.current,
    findApis: createApiFinder(all),
    plainKeyTest: keys.plainKeyTest,
    holdsToken: credentials.holdsToken,
    isAdminKey: credentials.isAdminKey,
    isSplitKeyId: vault.splitKeys.isId,
    limitsOf: ({ facts, principal }) => {
      const { service, endpoint } = facts
      return limitsOf({ service, principal, endpointClass: endpoint?.class }, policies)
    },
    outputTokensExpected: policies.outputTokensExpected,
    costOf,
    isOwnResponse,
    isOwnItem,
    checks,
    isAppOrigin: clients.isAppOrigin,
    prepare: ledger.prepare,
    chat: chat.chat,
    isUnknownLevel: chat.isUnknownLevel,
  } satisfies Partial<AdmitDeps>
  const admit: AdmitDeps = {
    ...common,
    authenticate: credentials.authenticate,
    attemptsAt: credentials.attemptsAt,
    ...(deps.revocation.cutStreams && { followCredential: credentials.follow }),
    limitAddress: ofAddress.limitAddress,
    reserve: reserver.reserve,
    enterQueue: queues.enter,
  }
  const explain: ExplainDeps = {
    ...common,
    rehearseCredential: credentials.rehearseCredential,
    rehearseKey: credentials.rehearseKey,
    rehearseClient: credentials.rehearseClient,
    makerOf: ({ kind, id }) =>
      kind === 'key' ? keys.makerOf(id) : (clients.find(id)?.madeBy ?? null),
    rehearseAddress: ofAddress.rehearseAddress,
    rehearse: reserver.rehearse,
    rehearseQueue: queues.rehearse,
    standings: ledger.standings,
    isCounted: deps.scratchDir === undefined,
  }
  return { admit, explain, createReader, countFailure: credentials.countFailure }
}

function withOrigins(service: Service, { usual, allowNoOrigin }: OriginRules): Service {
  const needsOrigin = !allowNoOrigin && service.tokenClass === 'bridge'
  return { ...service, origins: usual, ...(needsOrigin && { needsOrigin }) }
}
