import type { AskGatekeeper } from '../../../gatekeeper/src/operations/ask-gatekeeper.ts'
import { ApiError } from './api-error.ts'

/** Asks the running gatekeeper for a document; throws an ApiError if it does not answer with one. */
export async function askRunning<Document>(
  ask: AskGatekeeper,
  path: string,
  question: object = {},
): Promise<Document> {
  const answer = await ask(path, question).catch(() => null)
  if (answer?.status === 200) return answer.document as Document
  throw notRunning()
}

/** The error where the running gatekeeper is needed and does not answer. */
export const notRunning = () =>
  new ApiError('unavailable', 'The gatekeeper does not answer. Is it running?')
