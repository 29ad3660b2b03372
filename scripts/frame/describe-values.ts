/** Describes a wrong value of a command line, with the form that is allowed and an example. */
import { isIP } from 'node:net'
import { showWord } from './words.ts'

/** For an address or a network. */
export function describeAddress(text: string): string {
  const [address = '', length] = text.split('/')
  const isLengthWrong = isIP(address) !== 0 && length !== undefined
  if (isLengthWrong) {
    const bits = isIP(address) === 4 ? 32 : 128
    return `${showWord(text)} is not a network; write ${address}/N with N from 0 to ${bits}`
  }
  const octets = /^\d{1,3}(?:\.\d{1,3}){0,2}\.?$/.test(address)
    ? address.split('.').filter((part) => Number(part) <= 255 && part !== '')
    : ['192', '168', '1']
  const fill = (last: string) => [...octets, '0', '0', '0'].slice(0, 3).concat(last).join('.')
  const network = `${fill('0')}/${Math.min(octets.length, 3) * 8}`
  return `${showWord(text)} is not an address or network; write ${fill('20')} or ${network}`
}

/** For a web origin. */
export function describeOrigin(text: string): string {
  const url = ['', 'https://'].map((scheme) => scheme + text).find((one) => URL.canParse(one))
  const origin = url === undefined ? 'null' : new URL(url).origin
  const example = origin === 'null' || origin.includes('*') ? 'https://app.example' : origin
  return `${showWord(text)} is not a web origin; write scheme, host and port alone: ${example}`
}
