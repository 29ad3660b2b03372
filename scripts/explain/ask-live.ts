import type { Listen } from '../../gatekeeper/src/lib/net/listening.ts'
import type { ExplainQuestion, Explanation } from '../../gatekeeper/src/model/explanation.ts'
import { askGatekeeper } from '../../gatekeeper/src/operations/ask-gatekeeper.ts'

/** Asks the running gatekeeper. Rejects with an error that has a `code` when none answers. */
export async function askLive(
  question: ExplainQuestion,
  listen: Listen | null,
): Promise<Explanation> {
  const { status, document } = await askGatekeeper(listen, '/explain', question)
  if (status !== 200) throw Object.assign(new Error('no explanation'), { code: `${status}` })
  return document as Explanation
}
