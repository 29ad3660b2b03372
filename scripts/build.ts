/** `npm run build`: builds the console's pages. The services run from their source. */
import { relative, resolve } from 'node:path'
import { buildConsole } from '../console/build.ts'

const root = resolve(import.meta.dirname, '..')
const say = (line: string) => process.stdout.write(`gatekeeper: ${line}\n`)
const folder = await buildConsole({ root, log: say })
say(`the console's pages are in ${relative(root, folder)}; the services run from their source`)
