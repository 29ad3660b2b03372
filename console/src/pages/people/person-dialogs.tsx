import { call, callRaw, callTagged } from '../../api.ts'
import { saveAs } from '../../lib/save-as.ts'
import { Confirm } from '../../parts/confirm.tsx'
import { EditDialog } from './edit-dialog.tsx'
import { InviteDialog } from './invite-dialog.tsx'
import { LinkDialog } from './link-dialog.tsx'
import type { MadeLink, Person } from './person.ts'
import { StopList } from './stop-list.tsx'

/** The dialog that is open. */
export type Asked =
  | { readonly kind: 'invite' }
  | { readonly kind: 'link'; readonly name: string; readonly made: MadeLink }
  | {
      readonly kind: 'edit' | 'reset' | 'disable' | 'enable' | 'export' | 'remove' | 'erase'
      readonly of: Person
    }

type Props = {
  readonly asked: Asked | null
  readonly onAsk: (asked: Asked | null) => void
  readonly onChanged: () => void
}

/** The dialogs of the page of people, one at a time. */
export function PersonDialogs({ asked, onAsk, onChanged }: Props) {
  const close = () => onAsk(null)
  const done = () => {
    close()
    onChanged()
  }
  if (asked === null) return null
  if (asked.kind === 'invite') {
    const made = (name: string, link: MadeLink) => {
      onAsk({ kind: 'link', name, made: link })
      onChanged()
    }
    return <InviteDialog onMade={made} onClose={close} />
  }
  if (asked.kind === 'link') {
    return <LinkDialog name={asked.name} made={asked.made} onClose={close} />
  }
  if (asked.kind === 'edit') return <EditDialog id={asked.of.id} onDone={done} onClose={close} />
  const { of, kind } = asked
  const { title, act, text, isDanger, run } = acts[kind]
  // A link has a dialog of its own, which takes the place of this one.
  let isReplaced = false
  return (
    <Confirm
      title={title(of.title ?? of.name)}
      act={act}
      isDanger={isDanger}
      onClose={() => isReplaced || close()}
      onConfirm={async () => {
        const made = await run(of)
        isReplaced = made !== null
        if (made !== null) onAsk({ kind: 'link', name: of.name, made })
        onChanged()
      }}
    >
      <p>{text}</p>
      {(kind === 'disable' || kind === 'remove' || kind === 'erase') && <StopList of={of} />}
    </Confirm>
  )
}

type Act = {
  readonly title: (name: string) => string
  readonly act: string
  readonly text: string
  readonly isDanger: boolean
  /** Returns a link to show, if one was made. */
  readonly run: (of: Person) => Promise<MadeLink | null>
}

const acts: Readonly<Record<Exclude<Asked['kind'], 'invite' | 'link' | 'edit'>, Act>> = {
  reset: {
    title: (name) => `Make a new link for ${name}?`,
    act: 'Make link',
    text: 'When the link is used, all their earlier passkeys and sessions end.',
    isDanger: false,
    run: async ({ id }) => await call<MadeLink>('POST', `/people/${id}/reset`, { target: id }),
  },
  disable: {
    title: (name) => `Disable ${name}?`,
    act: 'Disable person',
    text: 'Their sessions end, and they cannot sign in until they are enabled again.',
    isDanger: true,
    run: async (of) => await setDisabled(of, true),
  },
  enable: {
    title: (name) => `Enable ${name}?`,
    act: 'Enable person',
    text: 'They can sign in again, and the keys that they made work again.',
    isDanger: false,
    run: async (of) => await setDisabled(of, false),
  },
  export: {
    title: (name) => `Export the data of ${name}?`,
    act: 'Export data',
    text: 'A JSON file with everything that is stored about them. The export is on record.',
    isDanger: false,
    run: async ({ id, name }) => {
      const answer = await callRaw('GET', `/people/${id}/export`, { target: id })
      saveAs(`${name}.json`, await answer.blob())
      return null
    },
  },
  remove: {
    title: (name) => `Remove ${name}?`,
    act: 'Remove person',
    text: 'They cannot sign in any more. Their keys stay in the list and are refused.',
    isDanger: true,
    run: async ({ id }) => {
      await call('DELETE', `/people/${id}`)
      return null
    },
  },
  erase: {
    title: (name) => `Erase ${name}?`,
    act: 'Erase person',
    text: 'The person, their keys and rights are removed, and their name in usage and audit. It cannot be undone.',
    isDanger: true,
    run: async ({ id }) => {
      await call('POST', `/people/${id}/erase`, { target: id })
      return null
    },
  },
}

async function setDisabled({ id }: Person, disabled: boolean): Promise<null> {
  const { etag } = await callTagged<Person>('GET', `/people/${id}`)
  await call('PATCH', `/people/${id}`, { body: { disabled }, ifMatch: etag, target: id })
  return null
}
