/**
 * Keys: `/` searches, `?` helps, `g` and a letter jumps. They do nothing while a person types, and
 * can be switched off: single letters are in the way of speech input.
 */
import { shared } from '../lib/shared.ts'
import { go } from '../place.ts'
import { placesOf } from '../places.ts'
import { session } from '../session.ts'

const storageName = 'gatekeeper.shortcuts'
const jumpMsMax = 1500

/** Whether keys of one letter do something. */
export const hasShortcuts = shared(read())

export function switchShortcuts(isOn: boolean): void {
  hasShortcuts.value = isOn
  try {
    if (isOn) localStorage.removeItem(storageName)
    else localStorage.setItem(storageName, 'off')
  } catch {
    // Without storage the choice holds until the page is closed.
  }
}

/** Listens from now on until the signal aborts. */
export function followShortcuts(onHelp: () => void, signal: AbortSignal): void {
  let goneAt = Number.NEGATIVE_INFINITY
  const onKeyDown = (event: KeyboardEvent) => {
    if (!hasShortcuts.value || isTaken(event)) return
    const isJump = event.timeStamp - goneAt < jumpMsMax
    goneAt = event.key === 'g' && !isJump ? event.timeStamp : Number.NEGATIVE_INFINITY
    if (isJump && jump(event.key)) event.preventDefault()
    else if (event.key === '/' && focusSearch()) event.preventDefault()
    else if (event.key === '?') onHelp()
  }
  if (!signal.aborted) addEventListener('keydown', onKeyDown, { signal })
}

function isTaken(event: KeyboardEvent): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return true
  const target = event.target instanceof Element ? event.target : null
  if (target === null) return false
  return target.closest('input, textarea, select, dialog, [role=menu], [contenteditable]') !== null
}

function jump(key: string): boolean {
  const role = session.value?.person.role
  if (role === undefined) return false
  const to = placesOf(role).find((one) => one.jump === key)
  if (to !== undefined) go(to.path)
  return to !== undefined
}

function focusSearch(): boolean {
  const search = document.querySelector<HTMLInputElement>('[data-search]')
  search?.focus()
  search?.select()
  return search !== null
}

function read(): boolean {
  try {
    return localStorage.getItem(storageName) !== 'off'
  } catch {
    return true
  }
}
