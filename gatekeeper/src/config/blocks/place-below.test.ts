import { describe, expect, test } from 'vitest'
import { type Place, placeBelow } from './place-below.ts'

const stripped: Place = {
  ...{ host: '127.0.0.1', basePath: '/base', prefix: '/tts' },
  sites: ['localhost', 'gk.example'],
}
const whole: Place = { ...stripped, prefix: null }

/** Applies the generated lines to a field as Caddy does: JavaScript reads their expressions as Go. */
function changed(field: string, said: string, place: Place): string {
  return placeBelow(place).reduce((value, line) => {
    const [, name, search = '', to = ''] = /^header_down (\S+) `(.*?)` `(.*?)`$/.exec(line) ?? []
    if (name !== field) return value
    return value.replace(new RegExp(search.replace('(?i)', ''), 'gi'), to)
  }, said)
}

describe('a Location of a checked service', () => {
  test.each([
    ['/x/', '/tts/x/'],
    ['/base/x', '/tts/x'],
    ['/base', '/tts/'],
    ['/tts/x', '/tts/x'],
    ['http://127.0.0.1:8880/base/x?a#b', '/tts/x?a#b'],
    ['https://gk.example/tts/x', '/tts/x'],
    ['x/', 'x/'],
  ])('%s is put below the prefix: %s', (said, expected) => {
    expect(changed('Location', said, stripped)).toBe(expected)
  })

  const slashes = ['/', '//', '\\', '\t/', '/\t/', ' /', '\\\t\\']
  const starts = ['/tts/', '/base/', '/base/tts/', 'http://127.0.0.1:8880/', '//localhost/base/']
  const forms = starts.flatMap((start) => slashes.map((more) => `${start}${more}evil.example`))

  // Browsers treat `\` as `/`, and drop tabs, before they read a Location.
  test.each(forms)('%j stays on our host after its start is removed', (said) => {
    for (const place of [stripped, whole]) {
      for (const field of ['Location', 'Content-Location']) {
        const { origin } = new URL(changed(field, said, place), 'https://gk.example/tts/')
        expect(origin).toBe('https://gk.example')
      }
    }
  })
})
