import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { formatTable } from '../scripts/frame/table.ts'
import type { Undo } from './front.ts'
import { type CpuProfile, topFunctions, topSources } from './profile.ts'
import { type RowPlan, rowPlans, toRequest } from './rows.ts'
import { startSetup } from './setup.ts'

const profiled = ['check-key', 'relay', 'relay-limited']

/** Puts load on each of our rows while the gatekeeper profiles itself; returns tables. */
export async function runProfile(
  { caddy, seconds }: { caddy: string; seconds: number },
  undo: Undo,
): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'gk-profile-'))
  undo(() => rmSync(folder, { recursive: true, force: true }))
  const lines: string[] = []
  for (const plan of (rowPlans as readonly RowPlan[]).filter(({ name }) =>
    profiled.includes(name),
  )) {
    const profile = await profileRow(
      plan,
      { caddy, seconds, folder: join(folder, plan.name) },
      undo,
    )
    lines.push(`${plan.name}: busy time of the gatekeeper, by source and by function`, '')
    lines.push(...toTable(topSources(profile, 18)), '', ...toTable(topFunctions(profile, 25)), '')
  }
  return lines
}

type Job = { readonly caddy: string; readonly seconds: number; readonly folder: string }

async function profileRow(plan: RowPlan, job: Job, undo: Undo): Promise<CpuProfile> {
  mkdirSync(job.folder, { recursive: true })
  const gatekeeperFlags = ['--cpu-prof', `--cpu-prof-dir=${job.folder}`]
  const setup = await startSetup({ caddy: job.caddy, gatekeeperFlags }, undo)
  const { target } = setup.fronts.ours
  const request = toRequest(plan, setup.keys)
  const { seconds } = job
  await setup.client.load({ target, request, connections: 32, seconds, warmSeconds: 0 })
  // It writes its profile when it ends.
  await setup.gatekeeper.stop()
  const [name = ''] = readdirSync(job.folder)
  return JSON.parse(readFileSync(join(job.folder, name), 'utf8')) as CpuProfile
}

function toTable(times: ReturnType<typeof topSources>): string[] {
  return formatTable(times.map(({ where, share }) => [`${(share * 100).toFixed(1)} %`, where]))
}
