/**
 * A network namespace for the engine, so that no packet of a container leaves this machine, and a
 * pair of interfaces by which this process is the other host on its network.
 */
import { runCommand } from '../../real/parts/command.ts'

export type Network = {
  readonly namespace: string
  /** The engine's address, on which it publishes ports. */
  readonly engineAddress: string
  /** Ours: the other host. */
  readonly ourAddress: string
  readonly remove: () => Promise<void>
}

export async function createNetwork(): Promise<Network> {
  const namespace = `gkc-${process.pid}`
  const ours = `gkc${process.pid}`
  // A /30 of the range for tests between hosts (RFC 2544), which nobody routes.
  const base = `198.18.${(process.pid >> 6) & 255}.${(process.pid & 63) * 4}`
  const at = (offset: number) => base.replace(/\d+$/, (last) => String(Number(last) + offset))
  const ip = (...words: string[]) => runCommand('ip', words, { timeoutSeconds: 10 })
  const inside = (...words: string[]) => ip('-n', namespace, ...words)
  await ip('netns', 'add', namespace)
  const remove = async () => {
    // Removing its namespace removes the other end, and then ours.
    await ip('netns', 'del', namespace)
  }
  try {
    await ip('link', 'add', ours, 'type', 'veth', 'peer', 'name', 'up0', 'netns', namespace)
    await ip('addr', 'add', `${at(1)}/30`, 'dev', ours)
    await ip('link', 'set', ours, 'up')
    await inside('link', 'set', 'lo', 'up')
    await inside('addr', 'add', `${at(2)}/30`, 'dev', 'up0')
    await inside('link', 'set', 'up0', 'up')
  } catch (error) {
    await remove()
    throw error
  }
  return { namespace, engineAddress: at(2), ourAddress: at(1), remove }
}
