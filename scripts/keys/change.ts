import { removeKey, setDisabled } from '../../gatekeeper/src/credentials/key-writer.ts'
import { exitCode } from '../../gatekeeper/src/lib/problem.ts'
import { type Command, idOf } from './command.ts'

function switchTo(disabled: boolean): Command['run'] {
  return async (words, { file, services: known, clock, record }) => {
    const id = idOf(words)
    await setDisabled(file, { id, disabled }, { clock, known, record })
    return {
      code: exitCode.ok,
      json: { id, disabled },
      lines: [`${id} is ${disabled ? 'disabled' : 'enabled'}, within two seconds.`],
    }
  }
}

export const disable: Command = {
  summary: 'refuse a key until it is enabled again',
  usage: 'ID',
  options: {},
  help: [],
  run: switchTo(true),
}

export const enable: Command = {
  summary: 'accept a disabled key again',
  usage: 'ID',
  options: {},
  help: [],
  run: switchTo(false),
}

export const remove: Command = {
  summary: 'remove a key for good',
  usage: 'ID',
  options: {},
  help: ['To refuse it only for now, use disable.'],
  run: async (words, { file, services: known, clock, record }) => {
    const id = idOf(words)
    await removeKey(file, id, { clock, known, record })
    return { code: exitCode.ok, json: { id, removed: true }, lines: [`${id} is removed.`] }
  },
}
