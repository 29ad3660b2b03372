import { closeDatabase, openUsageDatabase } from '../../src/usage/journal/sqlite/open-database.ts'
import { databaseIn } from '../../src/usage/journal/sqlite/sqlite-journal.ts'

type Filling = {
  readonly lines: number
  /** The instant of the newest line. */
  readonly endAt: number
  /** Over how many days the lines are spread. */
  readonly days: number
}

const users = 60
const services = ['ollama', 'openai', 'claude']
/** Two of each service. */
const models = ['llama3.2', 'qwen3:32b', 'gpt-5-mini', 'gpt-5', 'claude-sonnet', 'claude-haiku']

const line = `
  INSERT INTO usage_log (at, request_id, principal_id, user, service, model, endpoint, status,
    outcome, input_tokens, output_tokens, micro_usd, is_estimated, duration_ms, queue_ms,
    answer_bytes, split_key)
  VALUES (?, ?, ?, ?, ?, ?, '/api/chat', ?, 'answered', ?, ?, ?, 0, ?, 5, 6789, NULL)`

/** Writes a usage database as a busy installation has it: 60 users with 120 keys. */
export async function fillUsage(stateDir: string, { lines, endAt, days }: Filling): Promise<void> {
  const opened = await openUsageDatabase(databaseIn(stateDir), true)
  const { database } = opened
  const insert = database.prepare(line)
  const stepMs = (days * 86_400_000) / lines
  for (let number = 0; number < lines; ) {
    database.exec('BEGIN')
    for (const end = Math.min(lines, number + 50_000); number < end; number++) {
      // Spread over all values without a random source, so that two runs are alike.
      const draw = (number * 2_654_435_761) % 4_294_967_296
      const user = Math.floor((draw / 4_294_967_296) ** 2 * users)
      const key = `key:${String(user).padStart(9, '0')}${draw % 2}`
      // Each user has three models.
      const model = (user + ((draw >>> 3) % 3)) % 6
      const service = model >> 1
      insert.run(
        Math.floor(endAt - (lines - 1 - number) * stepMs),
        ...[`request-${number}`, key, `user-${user}`, services[service] ?? ''],
        ...[models[model] ?? null, draw % 50 === 0 ? 502 : 200],
        ...[draw % 900, draw % 1_700, service === 0 ? 0 : draw % 5_000, draw % 20_000],
      )
    }
    database.exec('COMMIT')
  }
  await closeDatabase(opened)
}
