import type { Clock } from '../lib/clock.ts'

/** A refusal of a caller without a valid credential. */
export type StrangerDenial = { readonly addressGroup: string; readonly reason: string }

/** How many refusals of a kind were not recorded individually. */
export type UncountedDenials = StrangerDenial & {
  readonly minuteAt: number
  readonly count: number
}

export type DenialBound = {
  /** Returns whether this one is recorded individually. */
  readonly isRecorded: (denial: StrangerDenial) => boolean
  /** Returns the counts of minutes that have ended, once. */
  readonly takeEnded: () => readonly UncountedDenials[]
}

const perMinute = 20
const minuteMs = 60_000
/** Beyond this, kinds of a minute are counted together: an attacker can choose many addresses. */
const kindsMax = 5_000

/** Bounds how many refusals of unknown callers are recorded, so that they cannot fill the disk. */
export function createDenialBound(clock: Clock): DenialBound {
  let minuteAt = 0
  let counts = new Map<string, { denial: StrangerDenial; count: number }>()
  const ended: UncountedDenials[] = []

  const turn = () => {
    const now = Math.floor(clock() / minuteMs) * minuteMs
    if (now === minuteAt) return
    for (const { denial, count } of counts.values()) {
      if (count > perMinute) ended.push({ ...denial, minuteAt, count: count - perMinute })
    }
    counts = new Map()
    minuteAt = now
  }
  return {
    isRecorded: (denial) => {
      turn()
      const name = `${denial.addressGroup} ${denial.reason}`
      const isKnown = counts.has(name) || counts.size < kindsMax
      const kind = isKnown ? denial : { addressGroup: 'others', reason: 'others' }
      const key = isKnown ? name : 'others'
      const counted = counts.get(key) ?? { denial: kind, count: 0 }
      counted.count++
      counts.set(key, counted)
      return counted.count <= perMinute
    },
    takeEnded: () => {
      turn()
      return ended.splice(0)
    },
  }
}
