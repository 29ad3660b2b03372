/** K10: what `/health` says to anybody. Nothing in it tells what stands behind the gate. */
export function describeHealth(version: string) {
  return { status: 'ok', timestamp: new Date().toISOString(), version }
}
