import { removeKey, setDisabled } from '../../gatekeeper/src/operations/keys/key-writer.ts'
import { lateLines } from '../frame/late-lines.ts'
import type { KeyCommand } from './context.ts'
import { findKey } from './find-key.ts'

function switchTo(disabled: boolean): KeyCommand['run'] {
  return async (words, context) => {
    const { id, user } = await findKey(words, context)
    const { file, services: known, clock } = context
    // Nobody is kept in by an audit that cannot be written.
    const record = disabled ? context.unrecorded.recordEnded : context.record
    await setDisabled(file, { id, disabled }, { clock, known, record })
    const state = disabled ? 'disabled' : 'enabled'
    return {
      json: { id, disabled },
      lines: [
        `${id} (user ${user}) is ${state} within two seconds.`,
        ...(await lateLines(context)),
      ],
    }
  }
}

export const disable: KeyCommand = {
  summary: 'refuse a key until it is enabled again',
  usage: 'ID',
  options: {},
  help: ['ID may be the beginning of an id, if no other id begins the same.'],
  run: switchTo(true),
}

export const enable: KeyCommand = {
  summary: 'accept a disabled key again',
  usage: 'ID',
  options: {},
  help: ['ID may be the beginning of an id, if no other id begins the same.'],
  run: switchTo(false),
}

export const remove: KeyCommand = {
  summary: 'remove a key for good',
  usage: 'ID',
  options: {},
  help: ['The whole id is needed. To refuse a key only for now, use disable.'],
  run: async (words, context) => {
    const { id } = await findKey(words, context, { isWholeId: true })
    const { file, services: known, clock, unrecorded } = context
    await removeKey(file, id, { clock, known, record: unrecorded.recordEnded })
    return {
      json: { id, removed: true },
      lines: [`${id} is removed.`, ...(await lateLines(context))],
    }
  },
}
