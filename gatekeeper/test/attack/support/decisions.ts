import type { Child } from '../../support/child.ts'

/** What a decision line of the gatekeeper's log says. */
export type DecisionLine = {
  readonly requestId: string
  readonly outcome: 'allow' | 'deny' | 'fail'
  readonly reason?: string
  readonly point?: string
  readonly method?: string
  readonly path?: string
  readonly user?: string
  readonly status: number
}

/** Follows the log of a gatekeeper from now on; returns all decision lines so far. */
export function watchDecisions(gatekeeper: Child): readonly DecisionLine[] {
  const lines: DecisionLine[] = []
  let rest = ''
  const take = (chunk: Buffer) => {
    const parts = (rest + chunk.toString('utf8')).split('\n')
    rest = parts.pop() ?? ''
    for (const part of parts) {
      if (part.includes('"message":"decision"')) lines.push(JSON.parse(part) as DecisionLine)
    }
  }
  gatekeeper.process.stdout?.on('data', take)
  gatekeeper.process.stderr?.on('data', take)
  return lines
}
