import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { root } from './front.ts'

/** The members of V8's `.cpuprofile` that are used here. */
export type CpuProfile = {
  readonly nodes: readonly {
    readonly id: number
    readonly callFrame: {
      readonly functionName: string
      readonly url: string
      readonly lineNumber: number
    }
  }[]
  readonly samples: readonly number[]
  readonly timeDeltas: readonly number[]
}

export type SelfTime = { readonly where: string; readonly share: number }

const idleNames = new Set(['(idle)', '(program)', '(root)'])

/** Self time by function, as a share of the time in which JavaScript or its collector ran. */
export function topFunctions(profile: CpuProfile, count: number): SelfTime[] {
  return rank(profile, count, ({ functionName, url, lineNumber }) => {
    const name = functionName === '' ? '(anonymous)' : functionName
    return url === '' ? name : `${name} ${shorten(url)}:${lineNumber + 1}`
  })
}

/** Self time by source: a file of ours, a package, or Node itself. */
export function topSources(profile: CpuProfile, count: number): SelfTime[] {
  return rank(profile, count, ({ functionName, url }) => {
    if (url === '') return functionName.startsWith('(') ? functionName : 'built in'
    const short = shorten(url)
    const name = /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(short)?.[1]
    return name ?? short
  })
}

type CallFrame = CpuProfile['nodes'][number]['callFrame']

function rank(
  { nodes, samples, timeDeltas }: CpuProfile,
  count: number,
  toName: (frame: CallFrame) => string,
): SelfTime[] {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]))
  const micros = new Map<string, number>()
  let total = 0
  for (const [at, id] of samples.entries()) {
    const frame = frames.get(id)
    if (frame === undefined || idleNames.has(frame.functionName)) continue
    const took = timeDeltas[at] ?? 0
    total += took
    const name = toName(frame)
    micros.set(name, (micros.get(name) ?? 0) + took)
  }
  return [...micros]
    .map(([where, took]) => ({ where, share: took / total }))
    .toSorted((one, other) => other.share - one.share)
    .slice(0, count)
}

function shorten(url: string): string {
  return url.startsWith('file:') ? relative(root, fileURLToPath(url)) : url
}
