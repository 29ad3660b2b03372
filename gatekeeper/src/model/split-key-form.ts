/** Shorter than a share, so that a share in place of an id is not an id. */
export const splitKeyIdForm = /^[A-Za-z0-9_-]{8,40}$/

/** What a user may write about a split key: no control characters. */
export const splitKeyTextForm = /^\P{Cc}*$/u
export const splitKeyTextCharsMax = 200
