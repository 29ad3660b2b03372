/** `npm run prices`: writes the table of built-in prices from the installed genai-prices. */
import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { runProgram } from './frame/run-program.ts'
import { refusePositionals } from './frame/words.ts'
import { derivePriceTable, readProviders } from './prices/derive-table.ts'

const table = 'gatekeeper/src/usage/price-table.csv'

await runProgram<string>({
  name: 'prices',
  command: {
    summary: 'Writes the table of built-in prices from the installed @pydantic/genai-prices.',
    usage: '',
    options: {},
    help: [table],
    run: async (words, root) => {
      refusePositionals(words, '; prices takes no words')
      const today = new Date().toISOString().slice(0, 10)
      writeFileSync(resolve(root, table), derivePriceTable(await readProviders(), today))
      return { json: { written: [table] } }
    },
  },
  exitCodes: { 0: 'done' },
  open: () => resolve(import.meta.dirname, '..'),
})
