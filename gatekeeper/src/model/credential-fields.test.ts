import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { carriers as cases } from '../../test/attack/support/texts/carriers.ts'
import { control } from '../kinds/own/own.ts'
import { providers } from '../kinds/providers/providers.ts'
import { upstreamFields } from '../upstreams/request-fields.ts'
import { carriers, misplacedCarriers } from './credential-fields.ts'

const caddyfile = readFileSync(resolve(import.meta.dirname, '../../../caddy/Caddyfile'), 'utf8')
const [, admitted = ''] = /^\(admitted\) \{([\s\S]*?)^\}/m.exec(caddyfile) ?? []
const [, overHttp = ''] = /@credential expression <<CEL([\s\S]*?)CEL/.exec(caddyfile) ?? []

describe.each(carriers)('the carrier $shown', ({ field, shown, form }) => {
  test('reaches no upstream of the relay', () => {
    expect(upstreamFields({ [field]: ['secret'] }, {})).toEqual({})
  })

  test.runIf(form !== 'list')('is removed by the Caddyfile behind a check', () => {
    expect(admitted.toLowerCase()).toContain(`header_up -${field}\n`)
  })

  test('is not redirected from plain HTTP', () => {
    expect(overHttp.toLowerCase()).toContain(`{http.request.header.${field}}`)
  })

  test('is one of the attacks, if it is for callers', () => {
    const isForCallers = !misplacedCarriers(undefined).some((row) => row.field === field)
    const names = cases.map(({ carry }) => String(carry('x')[0]).toLowerCase())
    expect([shown, names.includes(field)]).toEqual([shown, isForCallers])
  })
})

test('every attack on a carrier is one of the table', () => {
  const fields = carriers.map(({ field }) => field as string)
  const names = cases.map(({ carry }) => String(carry('x')[0]).toLowerCase())
  expect(names.filter((name) => !fields.includes(name))).toEqual([])
})

test('only administration takes the field of administrators, only providers those of split keys', () => {
  const fieldsOf = (use: Parameters<typeof misplacedCarriers>[0]) =>
    misplacedCarriers(use).map(({ shown }) => shown)
  expect(fieldsOf(undefined)).toEqual(['X-Admin-Key', 'X-Partial-Key-Id', 'X-Partial-Key'])
  expect(fieldsOf(control.furtherCarriers)).toEqual(['X-Partial-Key-Id', 'X-Partial-Key'])
  for (const { furtherCarriers } of providers) {
    expect(fieldsOf(furtherCarriers)).toEqual(['X-Admin-Key'])
  }
})
