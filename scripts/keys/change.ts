import { exitCode } from '../../gatekeeper/src/lib/problem.ts'
import { removeKey, setDisabled } from '../../gatekeeper/src/operations/keys/key-writer.ts'
import type { Command } from './command.ts'
import { findKey } from './find-key.ts'

function switchTo(disabled: boolean): Command['run'] {
  return async (words, context) => {
    const { id, user } = await findKey(words, context)
    const { file, services: known, clock, record } = context
    await setDisabled(file, { id, disabled }, { clock, known, record })
    const state = disabled ? 'disabled' : 'enabled'
    return {
      code: exitCode.ok,
      json: { id, disabled },
      lines: [`${id} (user ${user}) is ${state}, within two seconds.`],
    }
  }
}

export const disable: Command = {
  summary: 'refuse a key until it is enabled again',
  usage: 'ID',
  options: {},
  help: ['ID may be the beginning of an id, if no other id begins so.'],
  run: switchTo(true),
}

export const enable: Command = {
  summary: 'accept a disabled key again',
  usage: 'ID',
  options: {},
  help: ['ID may be the beginning of an id, if no other id begins so.'],
  run: switchTo(false),
}

export const remove: Command = {
  summary: 'remove a key for good',
  usage: 'ID',
  options: {},
  help: ['The whole id is needed. To refuse a key only for now, use disable.'],
  run: async (words, context) => {
    const { id } = await findKey(words, context, { isWholeId: true })
    const { file, services: known, clock, record } = context
    await removeKey(file, id, { clock, known, record })
    return { code: exitCode.ok, json: { id, removed: true }, lines: [`${id} is removed.`] }
  },
}
