import type { Child } from '../../gatekeeper/test/support/child.ts'
import { readCpuSeconds, readResidentMb } from '../processes.ts'
import type { Weight } from './heavy-report.ts'

const lookMs = 25

/** Runs `work` and measures the memory of the process meanwhile. */
export async function weigh<T>(
  child: Child,
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly weight: Weight }> {
  const idleMb = readResidentMb(child)
  const before = readCpuSeconds([child])
  let peakMb = idleMb
  const look = setInterval(() => {
    const nowMb = readResidentMb(child)
    if (nowMb !== null) peakMb = Math.max(nowMb, peakMb ?? 0)
  }, lookMs)
  try {
    const result = await work()
    const after = readCpuSeconds([child])
    const cpuSeconds = before === null || after === null ? null : after - before
    return { result, weight: { idleMb, peakMb, cpuSeconds } }
  } finally {
    clearInterval(look)
  }
}
