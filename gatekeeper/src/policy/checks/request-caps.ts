import type { Check, Question } from '../../model/decision.ts'
import type { CapLimit } from '../../model/limit.ts'
import { ofLimits } from '../written-places.ts'

/** The prompt may not be longer than the tightest limit on it. */
export const withinPrompt: Check = {
  name: 'within-prompt',
  examine: (question) => {
    const bytesMax = tightestOf('prompt-bytes', question)
    return (question.body?.promptBytes ?? 0) > bytesMax ? 'prompt-too-large' : null
  },
  describe: (question) => {
    const bytesMax = tightestOf('prompt-bytes', question)
    const text = `The prompt has ${question.body?.promptBytes ?? 0} bytes; the limit is ${bytesMax}.`
    return { text, param: null }
  },
  written: (question) => ofLimits(question),
}

/** Caps the output instead of refusing a request that asks for more. */
export const cappedOutput: Check = {
  name: 'capped-output',
  examine: () => null,
  oblige: (question) => {
    const outputTokens = tightestOf('output-tokens', question)
    const asked = question.body?.outputTokens ?? Number.POSITIVE_INFINITY
    const isBound = (question.facts.endpoint?.output.length ?? 0) > 0
    return isBound && asked > outputTokens ? { kind: 'cap-output', outputTokens } : null
  },
}

/** Cuts an answer that takes too long. */
export const endedStream: Check = {
  name: 'ended-stream',
  examine: () => null,
  oblige: (question) => {
    const seconds = tightestOf('stream-seconds', question)
    const isOwn = question.facts.service?.kind.isOwn
    return isOwn || !Number.isFinite(seconds) ? null : { kind: 'end-stream', seconds }
  },
}

function tightestOf(of: CapLimit['of'], { limits }: Question): number {
  let least = Number.POSITIVE_INFINITY
  for (const { limit } of limits) {
    if (limit.kind === 'cap' && limit.of === of) least = Math.min(least, limit.amount)
  }
  return least
}
