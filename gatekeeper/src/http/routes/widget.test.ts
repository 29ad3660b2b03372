import { describe, expect, it } from 'vitest'
import { widget } from '../../kinds/widget/widget.ts'
import type { OwnRequest } from '../serve/own.ts'
import { type WidgetRouteDeps, widgetEndpoints } from './widget.ts'

const files = { version: '1.2.3', texts: new Map([['widget.js', 'text of the file']]) }
const endpoints = (built: boolean) =>
  widgetEndpoints({
    tokens: {} as WidgetRouteDeps['tokens'],
    files: () => (built ? files : null),
  })
const ask = async (pattern: string, path: string, built = true) => {
  const endpoint = widget.rows?.find((row) => row.pattern === pattern)
  const request = { admission: { facts: { endpoint, endpointPath: path } } }
  return await endpoints(built)[pattern]?.(request as unknown as OwnRequest)
}

describe('the files that pages load', () => {
  it('are the newest without a version, for a short time', async () => {
    const answer = await ask('/widget/widget.js', '/widget/widget.js')
    expect(answer).toMatchObject({
      ...{ status: 200, body: 'text of the file' },
      fields: {
        'content-type': 'text/javascript; charset=utf-8',
        'cache-control': 'public, max-age=300',
        'access-control-allow-origin': '*',
      },
    })
  })

  it('never change with a version', async () => {
    const answer = await ask('/widget/{version}/widget.js', '/widget/1.2.3/widget.js')
    expect(answer?.fields['cache-control']).toMatch(/immutable/)
  })

  it.each([
    ['/widget/{version}/widget.js', '/widget/1.2.2/widget.js', true],
    ['/widget/client.js', '/widget/client.js', true],
    ['/widget/widget.js', '/widget/widget.js', false],
  ])('%s at %s, built: %s, is 404', async (pattern, path, built) => {
    await expect(ask(pattern, path, built)).rejects.toMatchObject({ reason: 'unlisted-endpoint' })
  })
})

it('every own row of the widget has an endpoint', () => {
  const own = widget.rows?.filter(({ isOwn }) => isOwn).map(({ pattern }) => pattern) ?? []
  expect(own.filter((pattern) => endpoints(true)[pattern] === undefined)).toEqual([])
  expect(widgetEndpoints(null)).toEqual({})
})
