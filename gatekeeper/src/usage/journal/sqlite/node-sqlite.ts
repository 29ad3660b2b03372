import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import { Kysely, SqliteDialect } from 'kysely'
import type { Tables } from './tables.ts'

/** Statements that are kept prepared; batches of many sizes make many texts. */
const preparedMax = 64

/** Kysely over node:sqlite. Ending it (`destroy`) closes the database. */
export function createQueries(database: DatabaseSync): Kysely<Tables> {
  const prepare = createPrepare(database)
  return new Kysely<Tables>({
    dialect: new SqliteDialect({
      database: {
        close: () => database.close(),
        prepare: (text) => {
          const statement = prepare(text)
          const values = (parameters: readonly unknown[]) => parameters as SQLInputValue[]
          return {
            reader: statement.columns().length > 0,
            all: (parameters) => statement.all(...values(parameters)),
            run: (parameters) => statement.run(...values(parameters)),
            iterate: (parameters) => statement.iterate(...values(parameters)),
          }
        },
      },
    }),
  })
}

function createPrepare(database: DatabaseSync): (text: string) => StatementSync {
  const prepared = new Map<string, StatementSync>()
  return (text) => {
    const known = prepared.get(text)
    if (known) return known
    if (prepared.size >= preparedMax) prepared.clear()
    const statement = database.prepare(text)
    prepared.set(text, statement)
    return statement
  }
}
