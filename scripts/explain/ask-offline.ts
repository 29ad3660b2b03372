import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createApp } from '../../gatekeeper/src/app/app.ts'
import type { Gateway } from '../../gatekeeper/src/config/gateway-file.ts'
import type { Settings } from '../../gatekeeper/src/config/read-settings.ts'
import { systemClock } from '../../gatekeeper/src/lib/clock.ts'
import type { ExplainQuestion, Explanation } from '../../gatekeeper/src/model/explanation.ts'

type Files = { readonly settings: Settings; readonly gateway: Gateway }

export type Offline = {
  readonly ask: (question: ExplainQuestion) => Promise<Explanation>
  readonly close: () => Promise<void>
}

/**
 * Composes the application as the gatekeeper does; what it would write goes to a temporary folder.
 * Rejects with a ProblemsError when a file is broken.
 */
export async function openOffline({ settings, gateway }: Files): Promise<Offline> {
  const scratchDir = mkdtempSync(join(tmpdir(), 'gatekeeper-explain-'))
  const remove = () => rmSync(scratchDir, { recursive: true, force: true })
  try {
    const app = await createApp({
      ...gateway,
      ...{ settings, scratchDir, log: silent, clock: systemClock, version: 'explain' },
      // No listener is opened, so these are never used.
      secrets: { edge: '', proof: '' },
    })
    return { ask: app.explain, close: () => app.close().finally(remove) }
  } catch (error) {
    remove()
    throw error
  }
}

/** Answers from the files as they are now. Rejects as `openOffline` does. */
export async function askOffline(question: ExplainQuestion, files: Files): Promise<Explanation> {
  const offline = await openOffline(files)
  return await offline.ask(question).finally(offline.close)
}

const silent = { info: () => {}, warn: () => {}, error: () => {} }
