/**
 * Stands in for Ollama's program inside a container: `serve` is the demonstration upstream, slow
 * enough for a stream to be caught in its middle; `list` asks it; `pull` leaves a file.
 */
import { writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { startDemoUpstream } from '../../../../scripts/demo/demo-upstream.ts'

const [command = '', model = ''] = process.argv.slice(2)
const [host = '0.0.0.0', port = '11434'] = (process.env['OLLAMA_HOST'] ?? '').split(':')
const models = process.env['OLLAMA_MODELS'] ?? ''

async function serve(): Promise<void> {
  // Like the real one, which stores its own key in its home folder and ends if it cannot.
  writeFileSync(join(process.env['HOME'] ?? '', 'id_ed25519'), 'none')
  const upstream = await startDemoUpstream({ keepMax: 0, pauseMs: 150 })
  const inner = Number(new URL(upstream.url).port)
  // The demonstration listens on loopback only.
  const server = createServer((outside) => {
    const inside = connect(inner, '127.0.0.1')
    outside.pipe(inside).pipe(outside)
    outside.on('error', () => inside.destroy())
    inside.on('error', () => outside.destroy())
  })
  server.listen(Number(port), host)
}

if (command === 'serve') await serve()
else {
  const at = host === '0.0.0.0' ? '127.0.0.1' : host
  const answer = await fetch(`http://${at}:${port}/api/tags`)
  if (!answer.ok) process.exit(1)
  if (command === 'pull') {
    writeFileSync(join(models, `pulled-${model}`), '')
    process.stdout.write(`pulled ${model}\n`)
  }
}
