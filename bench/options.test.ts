import { describe, expect, it } from 'vitest'
import { parseOptions } from './options.ts'

describe('the arguments of npm run bench', () => {
  it('without arguments the bench is planned to end within four minutes', () => {
    const options = parseOptions([])
    expect(options).toMatchObject({ limitSeconds: 320, jsonFile: null, isProfile: false })
  })

  it('--quick is shorter in every way, and what is said beside it wins', () => {
    const options = parseOptions(['--quick', '--seconds', '0.5', '--json', 'x.json'])
    expect(options).toMatchObject({ rounds: 2, seconds: 0.5, jsonFile: 'x.json' })
  })

  it('peers are downloaded and measured only on request, with more time', () => {
    expect(parseOptions([])).toMatchObject({ hasPeers: false })
    expect(parseOptions(['--peers'])).toMatchObject({ hasPeers: true, limitSeconds: 480 })
  })

  it('heavy parts are measured instead of the table, and only on request', () => {
    expect(parseOptions([])).toMatchObject({ isHeavy: false, isQuick: false })
    expect(parseOptions(['--heavy', '--quick'])).toMatchObject({ isHeavy: true, isQuick: true })
  })

  it.each([['--seconds', '0'], ['--rounds', 'many'], ['--seconds='], ['--fast'], ['word']])(
    'refuses %s %s',
    (...words) => {
      expect(parseOptions(words)).toBeTypeOf('string')
    },
  )
})
