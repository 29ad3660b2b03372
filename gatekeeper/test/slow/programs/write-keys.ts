/** Adds keys to a file one after the other: `write-keys.ts FILE USER COUNT`. */
import { LockHeldError } from '../../../src/lib/files/lock-file.ts'
import { addKey } from '../../../src/operations/keys/key-writer.ts'

const [, , file = '', user = '', count = '0'] = process.argv
const known = { serviceNameOf: (name: string) => name }
const wanted = { user, role: 'readwrite' as const, services: ['ollama'], expiresAt: null }

for (let number = 0; number < Number(count); ) {
  try {
    await addKey(file, wanted, { clock: Date.now, known })
    number++
  } catch (error) {
    // Others held the lock for three seconds: nothing was written.
    if (!(error instanceof LockHeldError)) throw error
  }
}
