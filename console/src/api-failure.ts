/** A place in a request that is not valid. */
export type InvalidMember = { readonly path: string; readonly message: string }

/** What the API says about a refused call. */
export type Problem = {
  readonly status: number
  /** A stable word; `offline` where no answer came, `unreadable` where it was no problem document. */
  readonly reason: string
  readonly detail: string
  readonly requestId: string | null
  readonly problems: readonly InvalidMember[]
  /** For `step_up_required`: the act to prove. */
  readonly act: string | null
  readonly retryAfterSeconds: number | null
}

/** Thrown by the client for every answer that is not a success. */
export class ApiFailure extends Error {
  override readonly name = 'ApiFailure'
  readonly problem: Problem

  constructor(problem: Problem) {
    super(problem.detail)
    this.problem = problem
  }

  get status(): number {
    return this.problem.status
  }
  get reason(): string {
    return this.problem.reason
  }
  get detail(): string {
    return this.problem.detail
  }
  get problems(): readonly InvalidMember[] {
    return this.problem.problems
  }
  get act(): string | null {
    return this.problem.act
  }
}

/** Returns the failure for an answer; never throws. */
export async function failureOf(response: Response): Promise<ApiFailure> {
  let body: unknown = null
  try {
    body = await response.json()
  } catch {
    // A proxy answered, or the answer broke off: the status says what is known.
  }
  return new ApiFailure(problemOf(response.status, body))
}

/** Returns the failure for a call that got no answer. */
export function offlineFailure(): ApiFailure {
  const detail = 'Gatekeeper did not answer. Nothing was changed that you can see here.'
  return new ApiFailure({ ...problemOf(0, null), reason: 'offline', detail })
}

export function problemOf(status: number, body: unknown): Problem {
  const given = isObject(body) ? body : {}
  return {
    status,
    reason: textOf(given['reason']) ?? 'unreadable',
    detail: textOf(given['detail']) ?? textOf(given['title']) ?? `The answer was ${status}.`,
    requestId: textOf(given['requestId']),
    problems: Array.isArray(given['problems']) ? given['problems'].filter(isInvalidMember) : [],
    act: textOf(given['act']),
    retryAfterSeconds: numberOf(given['retryAfterSeconds']),
  }
}

/** Returns the message for a member of the body, or null; `limits` also covers `limits[0].text`. */
export function messageAt(failure: ApiFailure | null, path: string): string | null {
  const found = failure?.problems.find(
    (problem) =>
      problem.path === path ||
      (/^[.[/]/.test(problem.path.slice(path.length)) && problem.path.startsWith(path)),
  )
  return found?.message ?? null
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isInvalidMember(value: unknown): value is InvalidMember {
  return (
    isObject(value) && typeof value['path'] === 'string' && typeof value['message'] === 'string'
  )
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null
}

function numberOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null
}
