import { shared } from './shared.ts'

/** The time, moved every ten seconds: relative times stay true while a page is open. */
export const now = shared(Date.now())

setInterval(() => {
  if (!document.hidden) now.value = Date.now()
}, 10_000)
