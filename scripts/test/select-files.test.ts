import { expect, it } from 'vitest'
import { selectFiles } from './select-files.ts'

const files = ['suite/fuzz.test.ts', 'suite/slow-clients.test.ts', 'other/disk.test.ts']

it('a suite without further words is run whole, with the options that were given', () => {
  expect(selectFiles([], files)).toEqual({ words: files })
  expect(selectFiles(['--bail=1', '-t', 'fuzz'], files)).toEqual({
    words: [...files, '--bail=1', '-t', 'fuzz'],
  })
})

it('further words select files of the suite, and nothing runs beside them', () => {
  expect(selectFiles(['suite/fuzz.test.ts'], files)).toEqual({ words: ['suite/fuzz.test.ts'] })
  expect(selectFiles(['disk', 'slow-', '-t', 'a name'], files)).toEqual({
    words: ['suite/slow-clients.test.ts', 'other/disk.test.ts', '-t', 'a name'],
  })
})

it('a word that no file of the suite has runs nothing, and is named', () => {
  expect(selectFiles(['fuzz', 'elsewhere.test.ts'], files)).toEqual({
    ...{ unknown: 'elsewhere.test.ts', files },
  })
})
