import type { Problem } from '../lib/problem.ts'

/** One thing that the service opens when it starts, and closes when it stops. */
export type Part = {
  /** The name in `/readyz` and in the metrics. */
  readonly name: string
  /** What is outdated or missing. Left out if the part cannot degrade. */
  readonly problems?: () => readonly Problem[]
  /** Configuration that is in force as written, but was probably not meant. */
  readonly notes?: () => readonly Problem[]
  readonly close: () => void | Promise<void>
}

export type Parts = {
  readonly add: <One extends Part>(part: One | Promise<One>) => Promise<One>
  readonly problems: () => Readonly<Record<string, readonly Problem[]>>
  readonly notes: () => readonly Problem[]
  /** Closes all parts, the last one first. */
  readonly close: () => Promise<void>
}

export function createParts(): Parts {
  const opened: Part[] = []
  return {
    add: async (part) => {
      const one = await part
      opened.push(one)
      return one
    },
    problems: () =>
      Object.fromEntries(
        opened.flatMap(({ name, problems }) => (problems ? [[name, problems()]] : [])),
      ),
    notes: () => opened.flatMap(({ notes }) => notes?.() ?? []),
    close: async () => {
      for (const part of opened.splice(0).reverse()) await part.close()
    },
  }
}
