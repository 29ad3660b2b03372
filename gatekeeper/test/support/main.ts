import { resolve } from 'node:path'

/** The program that tests start as the gatekeeper. */
export const testMain: string = resolve(import.meta.dirname, '../../src/main.ts')
