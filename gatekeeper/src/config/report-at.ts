import type { Problem } from '../lib/problem.ts'

/** Turns a path of member names and indexes into a problem with line and column. */
export type ReportAt = (path: readonly PropertyKey[], what: string, remedy: string) => Problem
