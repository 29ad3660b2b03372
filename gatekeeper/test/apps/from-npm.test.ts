import { describe } from 'vitest'
import { areAvailable } from '../real/support/provision.ts'
import { hasOllama } from './support/app-gate.ts'
import { itServesPrograms } from './support/ask-programs.ts'
import { nodePrograms } from './support/installed.ts'
import { fromNpm } from './support/terminal-programs.ts'

const isAvailable = await areAvailable(nodePrograms)
const isReal = isAvailable && (await hasOllama())

describe.skipIf(!isAvailable)('programs from npm, through the gate', () => {
  itServesPrograms(fromNpm, isReal)
})
