/**
 * `npm run build`: builds the console's pages and the chat. The services run from their source. With
 * `--served` only the files of the chat that the gatekeeper serves, for `npm start`.
 */
import { existsSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { buildConsole } from '../console/build.ts'
import { buildPackage, buildServed, renderScript } from '../sdk/build.ts'

const root = resolve(import.meta.dirname, '..')
const say = (line: string) => process.stdout.write(`gatekeeper: ${line}\n`)
const served = await buildServed({ root, log: say })
if (process.argv.includes('--served')) process.exit()
const folder = await buildConsole({ root, log: say })
// An installation without development packages has no compiler, and needs no package of the chat.
if (existsSync(join(root, 'node_modules/typescript'))) await buildPackage(root)
say(`the console's pages are in ${relative(root, folder)}; the services run from their source`)
say(`the chat is in ${relative(root, served.folder)}; the line for a page that uses it:`)
process.stdout.write(`${renderScript(served, 'https://YOUR-GATEWAY', 'widget.js')}\n`)
