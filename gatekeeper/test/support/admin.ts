import { resolve } from 'node:path'
import { type Child, startChild, waitUntil } from './child.ts'

/** The program that tests start as the admin process. */
export const testAdminMain: string = resolve(import.meta.dirname, '../../../admin/src/main.ts')

/** Starts the admin process and waits until it listens. */
export async function startAdmin(
  env: Readonly<Record<string, string | undefined>>,
): Promise<Child> {
  const child = startChild(process.execPath, [testAdminMain], env)
  await waitUntil(() => child.output().includes('admin ready'), {
    ...{ limitMs: 30_000, child, describe: child.output },
  })
  return child
}
