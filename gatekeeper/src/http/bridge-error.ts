/**
 * Errors of the bridge for applications: `{error, message}` and what the refusal says beyond that
 * (`required`, `availableApis`, `quotaInfo` …). `error` is one of a few fixed texts.
 */
import { bridgeErrorOf } from '../model/bridge-error.ts'
import type { Detail } from '../model/detail.ts'
import { type Reason, reasonRow } from '../model/reason.ts'

/** Texts of this dialect, whose callers have tokens of an app; all other reasons have their own. */
const texts: Readonly<Partial<Record<Reason, string>>> = {
  'no-credential': 'Authentication is required. Send Authorization: Bearer TOKEN.',
}

/** Returns the body of a refusal. */
export function bridgeError(reason: Reason, detail: Detail | null): object {
  const message = detail?.text ?? texts[reason] ?? reasonRow(reason).text
  return { error: bridgeErrorOf(reason), message, ...detail?.members }
}
