import { resolve } from 'node:path'

/**
 * What is started as the gatekeeper: the bundle that `npm test` found, which is what ships; the source
 * where a test is run by itself.
 */
export const testMain: string =
  process.env['GATEKEEPER_TEST_MAIN'] || resolve(import.meta.dirname, '../../src/main.ts')
