/**
 * The admin process: answers what the gatekeeper admits and hands over, and alone writes the
 * documents of the mounted folder. It gets no secret of signing, vault or front.
 */
import { startLean } from './start-lean.ts'

await startLean(async () => {
  const { serve } = await import('./serve.ts')
  await serve(process.env)
})
