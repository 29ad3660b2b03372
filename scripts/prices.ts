/** `npm run prices`: makes the table of built-in prices anew, of the genai-prices that is installed. */
import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { derivePriceTable, readProviders } from './prices/derive-table.ts'
import { refuseWords } from './words/refuse-words.ts'

refuseWords('prices')
const table = resolve(import.meta.dirname, '../gatekeeper/src/usage/price-table.csv')
const today = new Date().toISOString().slice(0, 10)
writeFileSync(table, derivePriceTable(await readProviders(), today))
