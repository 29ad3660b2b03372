/** A speech-to-text service: Whisper's smallest English model, by faster-whisper. */
import path from 'node:path'
import { availability, type Part, type Running, type StartOptions } from './part.ts'
import { pythonEnvironment } from './python.ts'
import { startServer } from './server.ts'

const requirementsFile = path.join(import.meta.dirname, 'whisper-requirements.txt')

/**
 * Serves POST /asr (a multipart form with `audio_file`), GET /health. The first provision installs
 * 540 MB, the model's 75 MB among them.
 */
export const whisper: Part<StartOptions> = {
  name: 'whisper',
  provision: (log) =>
    availability(async () => {
      await pythonEnvironment('whisper', requirementsFile, log)
    }),
  start: startWhisper,
}

async function startWhisper({ port }: StartOptions): Promise<Running> {
  const folder = await pythonEnvironment('whisper', requirementsFile, () => {})
  const program = path.join(import.meta.dirname, '../programs/whisper_server.py')
  const launch = (onPort: number) => ({
    command: path.join(folder, 'bin/python'),
    args: ['-B', program, String(onPort)],
    env: { HF_HUB_OFFLINE: '1', OMP_NUM_THREADS: '1' },
    readyPath: '/health',
    readySeconds: 60,
  })
  return await startServer(launch, port)
}
