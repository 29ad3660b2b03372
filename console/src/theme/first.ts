/**
 * Runs before anything is painted, so that a chosen theme never flashes in the other one. A script
 * of its own, without imports: modules run later.
 */
try {
  const chosen = localStorage.getItem('gatekeeper.theme')
  if (chosen === 'light' || chosen === 'dark') document.documentElement.dataset['theme'] = chosen
} catch {
  // Storage is switched off: the theme is the system's.
}
