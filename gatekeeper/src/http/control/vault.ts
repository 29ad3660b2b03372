/**
 * Answers `npm run vault`. Only the gatekeeper can open what the vault has sealed, so a command asks
 * it to make a key, to verify rows, and to seal them again. No answer has a key. The routes stand on
 * the unix socket that only this user can open.
 */
import type Koa from 'koa'
import type { Answer } from '../answer.ts'
import { createRouter, reply, routesOf } from '../router.ts'
import { jsonAnswer } from '../send.ts'

/** Why nothing was done, and what to do. */
export type NotDone = { readonly what: string; readonly remedy: string }

/** What a command can ask; each resolves with a document. */
export type VaultActs = {
  /**
   * Makes the first key if there is none; the id of the newest one, and its public half, to which a
   * process without the state folder seals.
   */
  readonly ensure: () => Promise<{ readonly kid: string; readonly recipient: string } | NotDone>
  /** Adds a key, to which everything is sealed from now on. `file` is the one to back up. */
  readonly rotate: () => Promise<{ readonly kid: string; readonly file: string } | NotDone>
  readonly verify: () => Promise<object>
  /** Rows sealed to the newest key, for the command to write. */
  readonly rewrap: () => Promise<object>
}

/** Returns the handler of `POST /vault/ACT`. */
export function vaultRoutes(acts: VaultActs): Koa.Middleware {
  const router = createRouter()
  for (const name of ['ensure', 'rotate', 'verify', 'rewrap'] as const) {
    router.post(
      `/vault/${name}`,
      reply(async () => answer(await acts[name]())),
    )
  }
  return routesOf(router)
}

function answer(result: object): Answer {
  return jsonAnswer('remedy' in result ? 409 : 200, result)
}
