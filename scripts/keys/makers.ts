/** The people who made keys, as lists name them. */
import { didYouMean } from '../../gatekeeper/src/lib/nearest.ts'
import type { Person } from '../../gatekeeper/src/model/person.ts'
import type { Installation } from '../../gatekeeper/src/operations/installation.ts'
import { readPeople } from '../../gatekeeper/src/operations/people/people-writer.ts'
import { showWord } from '../frame/words.ts'

type Place = Pick<Installation, 'peopleFile'>

/** Returns a function that names a maker by id, with the reason if their keys are refused. */
export async function readMakers({ peopleFile }: Place): Promise<(id: string | null) => string> {
  const people = new Map((await readPeople(peopleFile)).map((person) => [person.id, person]))
  return (id) => {
    if (id === null) return ''
    const person = people.get(id)
    if (person === undefined) return `person:${id} (gone, so it is refused)`
    if (person.disabled) return `${person.name} (disabled, so it is refused)`
    return person.access === null
      ? `${person.name} (without access, so it is refused)`
      : person.name
  }
}

/** Returns the person with this name; adds a fault without one. */
export async function findMaker(
  name: string,
  { peopleFile }: Place,
  faults: string[],
): Promise<Person | undefined> {
  const people = await readPeople(peopleFile)
  const found = people.find((person) => person.name === name)
  if (found !== undefined) return found
  const names = people.map((person) => person.name)
  faults.push(`--made-by: there is no person ${showWord(name)}${didYouMean(name, names)}`)
  return undefined
}
