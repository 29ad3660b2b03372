/**
 * A team groups keys, clients, people, providers' keys and split keys. Without a name something is of
 * the one team that nobody sees while there is no other.
 */
const form = /^[a-z0-9][a-z0-9_-]{0,31}$/

/** What a name must be, as the end of a sentence that begins with the member's name. */
export const teamForm = 'must be 1 to 32 of a-z, 0-9, _ and -, and begin with a letter or digit'

/** Returns whether the text can be the name of a team. */
export function isTeamName(text: string): boolean {
  return form.test(text)
}
