import type { Child } from './child.ts'
import type { Answer, Stack } from './stack.ts'

/** A decision line of the gatekeeper's log; the members that tests read most are typed. */
export type DecisionLine = Readonly<Record<string, unknown>> & {
  readonly requestId: string
  readonly outcome: 'allow' | 'deny' | 'fail'
  readonly reason?: string
  readonly point?: string
  readonly method?: string
  readonly path?: string
  readonly principal?: string
  readonly user?: string
  readonly status: number
}

/** The gatekeeper's decision lines so far, oldest first. */
export function decisionsOf({ gatekeeper }: Pick<Stack, 'gatekeeper'>): DecisionLine[] {
  return readDecisions(gatekeeper.output().split('\n'))
}

/** Those on the request that got this answer. */
export function decisionsOn(
  { headers }: Pick<Answer, 'headers'>,
  stack: Pick<Stack, 'gatekeeper'>,
): DecisionLine[] {
  return decisionsOf(stack).filter(({ requestId }) => requestId === headers['x-request-id'])
}

/**
 * Follows the log of a gatekeeper from now on; returns all decision lines so far. For thousands of
 * them, where `decisionsOf` would read the whole log again at each look.
 */
export function watchDecisions(gatekeeper: Child): readonly DecisionLine[] {
  const lines: DecisionLine[] = []
  let rest = ''
  const take = (chunk: Buffer) => {
    const parts = (rest + chunk.toString('utf8')).split('\n')
    rest = parts.pop() ?? ''
    lines.push(...readDecisions(parts))
  }
  gatekeeper.process.stdout?.on('data', take)
  gatekeeper.process.stderr?.on('data', take)
  return lines
}

/** The message is last, so a line that has it is complete. */
function readDecisions(lines: readonly string[]): DecisionLine[] {
  return lines
    .filter((line) => line.includes('"message":"decision"'))
    .map((line) => JSON.parse(line) as DecisionLine)
}
