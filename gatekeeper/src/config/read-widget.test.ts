import { describe, expect, it } from 'vitest'
import { readWidget } from './read-widget.ts'
import { parseWindow } from './widget-values.ts'

function read(env: Readonly<Record<string, string>>) {
  const problems: string[] = []
  const settings = readWidget(
    (name) => env[name] ?? null,
    (name, what) => problems.push(`${name} ${what}`),
  )
  return { settings, problems }
}

describe('the settings of the widget', () => {
  it('are read', () => {
    const env = {
      ALLOWED_ORIGIN: 'https://shop.example, http://localhost:3000',
      RATE_LIMIT_MAX: '5',
      RATE_LIMIT_WINDOW: '15 minutes',
      WIDGET_MONTHLY_CAP_USD: '2.50',
      GATEKEEPER_WIDGET: 'on',
    }
    expect(read(env)).toMatchObject({
      problems: [],
      settings: {
        origins: ['https://shop.example', 'http://localhost:3000'],
        ...{ requestsPerWindow: 5, windowMs: 900_000, usdPerMonth: 2.5, isOn: true },
      },
    })
  })

  it.each([
    ['ALLOWED_ORIGIN', '*'],
    ['ALLOWED_ORIGIN', 'https://shop.example/page'],
    ['ALLOWED_ORIGIN', 'http://shop.example'],
    ['RATE_LIMIT_MAX', '0'],
    ['RATE_LIMIT_MAX', 'many'],
    ['RATE_LIMIT_WINDOW', '0'],
    ['RATE_LIMIT_WINDOW', '1 fortnight'],
    ['WIDGET_MONTHLY_CAP_USD', '0'],
    ['WIDGET_MONTHLY_CAP_USD', '-1'],
    ['GATEKEEPER_WIDGET', 'yes'],
    ['JWT_SECRET', 'secret'],
    ['JWT_SECRET', 'x'.repeat(31)],
    ['JWT_SECRET', 'your-super-secret-jwt-key-change-this-in-production'],
    ['JWT_SECRET', 'change-me-change-me-change-me-change-me'],
    ['JWT_SECRET_PREVIOUS', 'short'],
  ])('%s=%s is a problem, which does not show a secret', (name, value) => {
    const { problems } = read({ [name]: value })
    expect(problems).toHaveLength(1)
    expect(problems[0]).toContain(name)
    if (name.startsWith('JWT')) expect(problems[0]).not.toContain(`"${value}"`)
  })
})

it.each([
  ['1 minute', 60_000],
  ['30s', 30_000],
  ['90 seconds', 90_000],
  ['60000', 60_000],
  ['500ms', null],
  ['2 hours', 7_200_000],
  ['8 days', null],
  ['minute', null],
  ['1 constructor', null],
])('a window of %s is %s ms', (text, ms) => {
  expect(parseWindow(text)).toBe(ms)
})
