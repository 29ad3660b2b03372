import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { frontEnvironment, writeFrontEnvironment } from './front-environment.ts'

const ownTls = {
  GATEKEEPER_STRANGERS: 'https://',
  GATEKEEPER_REDIRECTS: 'http://',
  GATEKEEPER_PLATFORM: '',
  GATEKEEPER_PROXIES: '',
}

test('the internal authority signs only for names that no public authority signs for', () => {
  expect(frontEnvironment({ sites: ['localhost', '192.168.1.20', '::1', 'ai.lan'] })).toEqual({
    GATEKEEPER_SITE: 'localhost, 192.168.1.20, [::1], ai.lan',
    GATEKEEPER_DEFAULT_SNI: '192.168.1.20',
    GATEKEEPER_TLS: 'tls internal',
    GATEKEEPER_PUBLIC_SITES: 'none.invalid',
    ...ownTls,
  })
  expect(frontEnvironment({ sites: ['ai.example.com', 'nas.local'] })).toEqual({
    GATEKEEPER_SITE: 'ai.example.com, nas.local',
    GATEKEEPER_DEFAULT_SNI: 'ai.example.com',
    GATEKEEPER_TLS: '',
    GATEKEEPER_PUBLIC_SITES: 'ai.example.com',
    ...ownTls,
  })
})

test('where a platform ends TLS one site serves every name, and the proxies are trusted strictly', () => {
  const platform = {
    ...{ port: 10000, addressField: 'X-Real-IP' },
    trustedProxies: ['10.0.0.0/8', '2001:db8::/32'],
  }
  expect(frontEnvironment({ sites: ['shop.example'], platform })).toEqual({
    GATEKEEPER_SITE: 'http://',
    GATEKEEPER_DEFAULT_SNI: 'shop.example',
    GATEKEEPER_TLS: '',
    GATEKEEPER_PUBLIC_SITES: '* *.* *.*.* *.*.*.* *.*.*.*.* *.*.*.*.*.*',
    GATEKEEPER_STRANGERS: 'http://strangers.none.invalid',
    GATEKEEPER_REDIRECTS: 'http://redirects.none.invalid',
    GATEKEEPER_PLATFORM: 'import platform',
    GATEKEEPER_PROXIES:
      'trusted_proxies static 10.0.0.0/8 2001:db8::/32\ntrusted_proxies_strict\nclient_ip_headers X-Real-IP',
  })
})

test('a client without a server name gets the certificate of the console’s address', () => {
  const sniOf = (sites: string[], site: string) =>
    frontEnvironment({ sites, console: { site } }).GATEKEEPER_DEFAULT_SNI
  expect(sniOf(['localhost'], '10.0.0.7')).toBe('10.0.0.7')
  expect(sniOf(['localhost', '10.0.0.2'], '10.0.0.7')).toBe('10.0.0.2')
  expect(sniOf(['localhost'], 'console.localhost')).toBe('localhost')
})

test('the file for Caddy is replaced whole and is readable for this user only', () => {
  const stateDir = mkdtempSync(join(tmpdir(), 'gk-front-'))
  try {
    mkdirSync(join(stateDir, 'caddy'))
    writeFrontEnvironment({ sites: ['old.lan'], stateDir })
    writeFrontEnvironment({ sites: ['localhost', '10.0.0.7'], stateDir })
    const file = join(stateDir, 'caddy/environment')
    expect(readFileSync(file, 'utf8')).toBe(
      'GATEKEEPER_SITE="localhost, 10.0.0.7"\nGATEKEEPER_DEFAULT_SNI="10.0.0.7"\nGATEKEEPER_TLS="tls internal"\nGATEKEEPER_PUBLIC_SITES="none.invalid"\nGATEKEEPER_STRANGERS="https://"\nGATEKEEPER_REDIRECTS="http://"\nGATEKEEPER_PLATFORM=""\nGATEKEEPER_PROXIES=""\n',
    )
    expect(statSync(file).mode & 0o777).toBe(0o600)
  } finally {
    rmSync(stateDir, { recursive: true, force: true })
  }
})
