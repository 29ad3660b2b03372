/** Resolves to whether the record was written in time. */
export function settleWithin(settled: Promise<void>, limitMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), limitMs)
    void settled.then(() => {
      clearTimeout(timer)
      resolve(true)
    })
  })
}
