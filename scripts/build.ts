/**
 * `npm run build` builds the console's pages; the service itself runs from its source. What is
 * built already is not built again.
 */
import { resolve } from 'node:path'
import { buildConsole } from '../console/build.ts'

const root = resolve(import.meta.dirname, '..')
const log = (line: string) => void process.stdout.write(`gatekeeper: ${line}\n`)
log(`the console is in ${await buildConsole({ root, log })}`)
