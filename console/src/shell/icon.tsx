/** A sign of the navigation, as lines in a square of 16. */
export function Icon({ path }: { path: string }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" aria-hidden="true">
      <path d={path} />
    </svg>
  )
}

/** The gate. */
export function Brand() {
  return (
    <svg class="gate" viewBox="0 0 22 22" aria-hidden="true">
      <path d="M3 19V9.5a8 8 0 0 1 16 0V19M8 19v-8.5a3 3 0 0 1 6 0V19M2 19h18" />
    </svg>
  )
}
