/** A text-to-speech service: Debian's espeak-ng behind the smallest HTTP that it needs. */
import path from 'node:path'
import { installDebianPackages } from './cache.ts'
import { availability, type Part, type Running, type StartOptions } from './part.ts'
import { startServer } from './server.ts'

/** Serves POST /v1/audio/speech: `{"input": "text"}` in, a WAV out as it is spoken; GET /health. */
export const speech: Part<StartOptions> = {
  name: 'speech',
  provision: (log) => availability(() => installDebianPackages(['espeak-ng'], log)),
  start: startSpeech,
}

async function startSpeech({ port }: StartOptions): Promise<Running> {
  const program = path.join(import.meta.dirname, '../programs/speech-server.ts')
  const launch = (onPort: number) => ({
    command: process.execPath,
    args: [program, String(onPort)],
    env: {},
    readyPath: '/health',
    readySeconds: 30,
  })
  return await startServer(launch, port)
}
