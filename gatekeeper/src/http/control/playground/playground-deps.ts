import type { IncomingMessage } from 'node:http'
import type { Reason } from '../../../model/reason.ts'
import type { Decided } from '../../../telemetry/decision-log.ts'
import type { RelayCall } from './call-relay.ts'

/** Where a service has its chats and its list of models, as clients call it. */
export type ChatPlace = {
  readonly service: string
  readonly host: string
  readonly chatPath: string
  readonly modelsPath: string | null
}

export type PlaygroundDeps = {
  /** Returns where the key may chat, or why it may do nothing. */
  readonly placesOf: (keyId: string) => readonly ChatPlace[] | Reason
  /** Returns a token with the key's rights, narrowed; null if none can be signed. */
  readonly mint: (wanted: WantedToken) => Promise<string | null>
  readonly callRelay: (call: RelayCall) => Promise<IncomingMessage>
  /** Waits for the record of a request that is about to be sent. */
  readonly watchDecision: (requestId: string) => {
    readonly afterEnd: () => Promise<Decided | null>
    readonly stop: () => void
  }
}

export type WantedToken = {
  readonly keyId: string
  readonly service: string
  /** Null is every model of the key. */
  readonly model: string | null
}
