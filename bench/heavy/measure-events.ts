import { setTimeout as sleep } from 'node:timers/promises'
import type { Setup } from '../setup.ts'
import { median } from '../statistics.ts'
import type { EventsTally } from './events.ts'
import type { EventsRow, Weight } from './heavy-report.ts'
import { caddyWays, directWays, type Way } from './ways.ts'
import { weigh } from './weigh.ts'

/** How many streams and events; small if the run only shows that the bench works. */
export type HeavySize = {
  readonly direct: number
  readonly throughCaddy: number
  readonly streamSeconds: number
  readonly turns: number
  readonly refusalSeconds: number
}

const perSecond = 20
/** The pause between two turns, so that a turn does not pay for the one before. */
const pauseMs = 500

/** Streams over all ways in turn: ours and the bare relay, directly and through Caddy. */
export async function measureEvents(
  setup: Setup,
  size: HeavySize,
  log: (line: string) => void,
): Promise<EventsRow[]> {
  const groups = [
    { ways: directWays(setup), streams: size.direct, suffix: '' },
    { ways: caddyWays(setup), streams: size.throughCaddy, suffix: ' (Caddy)' },
  ]
  const rows: EventsRow[] = []
  for (const { ways, streams, suffix } of groups) {
    const seen = new Map<Way, (EventsTally & Weight)[]>(ways.map((way) => [way, []]))
    for (let turn = 0; turn < size.turns; turn += 1) {
      log(`${streams} streams${suffix}, turn ${turn + 1}`)
      for (const way of turn % 2 === 0 ? ways : ways.toReversed()) {
        seen.get(way)?.push(await runTurn(way, { setup, streams, size }))
        await sleep(pauseMs)
      }
    }
    for (const way of ways) rows.push(summarise(`${way.name}${suffix}`, seen.get(way) ?? []))
  }
  return rows
}

type Turn = { readonly setup: Setup; readonly streams: number; readonly size: HeavySize }

async function runTurn(way: Way, { setup, streams, size }: Turn): Promise<EventsTally & Weight> {
  const entryPoint = way.entryPointFor('/v1/chat/completions', setup.keys.limited.key)
  const events = Math.ceil(size.streamSeconds * perSecond)
  const ask = () => setup.client.events({ ...entryPoint, streams, events })
  const { result, weight } = await weigh(way.child, ask)
  return { ...result, ...weight }
}

function summarise(name: string, turns: readonly (EventsTally & Weight)[]): EventsRow {
  type Member = Exclude<keyof (EventsTally & Weight), 'faults'>
  const of = (member: Member) => turns.map((turn) => turn[member] ?? Number.NaN)
  const middle = (member: Member) => median(of(member))
  const sum = (member: Member) => of(member).reduce((total, value) => total + value, 0)
  return {
    name,
    ...{ streams: middle('streams'), events: sum('events') },
    ...{ dropped: sum('dropped'), incomplete: sum('incomplete') },
    faults: [...new Set(turns.flatMap(({ faults }) => faults))],
    firstEventP50Ms: middle('firstEventP50Ms'),
    firstEventP99Ms: middle('firstEventP99Ms'),
    delayP50Ms: middle('delayP50Ms'),
    delayP99Ms: middle('delayP99Ms'),
    addedGapP50Ms: middle('addedGapP50Ms'),
    addedGapP99Ms: middle('addedGapP99Ms'),
    largestGapMs: middle('largestGapMs'),
    largestSentGapMs: middle('largestSentGapMs'),
    // The first turn: later ones start with memory that was not returned yet.
    idleMb: turns[0]?.idleMb ?? null,
    peakMb: turns[0]?.peakMb === null ? null : Math.max(...of('peakMb')),
    cpuSeconds: turns[0]?.cpuSeconds === null ? null : sum('cpuSeconds'),
  }
}
