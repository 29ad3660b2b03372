/** Whether this browser can have a passkey here, and what to do if it cannot. */
export type BrowserCheck = {
  readonly isGood: boolean
  readonly what: string
  readonly todo: string
}

/** Returns what was checked, in the order in which a person would put it right. */
export function checkBrowser(
  isPossible: boolean,
  browser: { readonly isSecure: boolean; readonly hasPasskeys: boolean; readonly host: string } = {
    isSecure: isSecureContext,
    hasPasskeys: typeof PublicKeyCredential === 'function',
    host: location.host,
  },
): readonly BrowserCheck[] {
  return [
    {
      isGood: isPossible,
      what: 'The console has a name',
      todo: 'Browsers have passkeys for names only. Set GATEKEEPER_CONSOLE_SITE to a name such as console.localhost.',
    },
    {
      isGood: browser.isSecure,
      what: 'This browser trusts the certificate',
      todo: `This page of ${browser.host} is not secure. Run \`npm run trust\` on this computer and restart the browser.`,
    },
    {
      isGood: browser.hasPasskeys,
      what: 'This browser has passkeys',
      todo: 'Use a current Chrome, Edge, Firefox or Safari, not in a private window.',
    },
  ]
}
