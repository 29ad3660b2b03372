import { describe } from 'vitest'
import { areAvailable } from '../real/support/provision.ts'
import { hasOllama } from './support/app-gate.ts'
import { itServesPrograms } from './support/ask-programs.ts'
import { terminalPrograms } from './support/installed.ts'
import { fromPypi } from './support/terminal-programs.ts'

const isAvailable = await areAvailable(terminalPrograms)
const isReal = isAvailable && (await hasOllama())

describe.skipIf(!isAvailable)('programs from PyPI, through the gate', () => {
  itServesPrograms(fromPypi, isReal)
})
