import type { ServerResponse } from 'node:http'

/** Writes a part and waits while the client takes no more; returns at once when it is gone. */
export async function writePart(response: ServerResponse, part: string | Buffer): Promise<void> {
  if (response.destroyed || response.write(part)) return
  await new Promise<void>((done) => {
    const go = () => {
      response.off('drain', go).off('close', go)
      done()
    }
    response.on('drain', go).on('close', go)
  })
}
