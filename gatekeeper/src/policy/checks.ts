import type { Checks } from '../model/decision.ts'
import { allowedAddress } from './checks/allowed-address.ts'
import { allowedModel } from './checks/allowed-model.ts'
import { allowedOrigin } from './checks/allowed-origin.ts'
import { allowedQuery } from './checks/allowed-query.ts'
import { countedStream } from './checks/counted-stream.ts'
import { grantedClass } from './checks/granted-class.ts'
import { grantedService } from './checks/granted-service.ts'
import { grantedStore } from './checks/granted-store.ts'
import { grantedUnload } from './checks/granted-unload.ts'
import { inspectable } from './checks/inspectable.ts'
import { knownCaller } from './checks/known-caller.ts'
import { listedEndpoint } from './checks/listed-endpoint.ts'
import { cappedOutput, endedStream, withinPrompt } from './checks/request-caps.ts'
import { ruledAddress, ruledCaller } from './checks/ruled-address.ts'
import { sameSite } from './checks/same-site.ts'
import { unchangedProtocol } from './checks/unchanged-protocol.ts'
import { unstrayedCredential } from './checks/unstrayed-credential.ts'
import { wellFormedBody } from './checks/well-formed-body.ts'
import { wellFormedHead } from './checks/well-formed-head.ts'
import { withinCaps } from './checks/within-caps.ts'

/**
 * Every check, in the order in which it runs, which is the order of the answers
 * (docs/errors.md): 400, 401, 404, 403; before all of them the 403 of an address that is shut out.
 * What is malformed for one service only is 400 after 401.
 * The order is part of the contract: a client without a valid credential learns nothing of what
 * exists behind the gateway.
 */
export const checks: Checks = {
  facts: [ruledAddress, wellFormedHead, unchangedProtocol],
  // Here the credential is authenticated.
  caller: [knownCaller],
  head: [
    unstrayedCredential,
    allowedQuery,
    listedEndpoint,
    // Before the grants: an address that is refused learns nothing of what a credential may do.
    ruledCaller,
    grantedService,
    grantedClass,
    allowedAddress,
    allowedOrigin,
    sameSite,
    inspectable,
    endedStream,
  ],
  // Here the request is charged and its body is read.
  body: [
    wellFormedBody,
    allowedModel,
    grantedUnload,
    grantedStore,
    withinCaps,
    withinPrompt,
    cappedOutput,
    countedStream,
  ],
}
