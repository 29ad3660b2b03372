/**
 * The half of the session that this origin's storage keeps. The cookie alone is no session:
 * programs on other ports of the same host see cookies, and never this.
 */
const storageName = 'gatekeeper.session'
let held: string | null = read()

/** Returns the second half, or null where nobody is signed in here. */
export function secondHalf(): string | null {
  return held
}

/** Keeps the second half of a new session; null forgets it. */
export function keepSecondHalf(half: string | null): void {
  held = half
  try {
    if (half === null) localStorage.removeItem(storageName)
    else localStorage.setItem(storageName, half)
  } catch {
    // Without storage the session lasts as long as this page.
  }
}

/** Reads the storage again, where another tab may have put a new half a moment ago. */
export function readSecondHalf(): string | null {
  held = read() ?? held
  return held
}

/** Calls back when another tab signs in or out. */
export function onOtherTab(changed: () => void): void {
  addEventListener('storage', ({ key }) => {
    if (key !== storageName && key !== null) return
    held = read()
    changed()
  })
}

function read(): string | null {
  try {
    return localStorage.getItem(storageName)
  } catch {
    return null
  }
}
