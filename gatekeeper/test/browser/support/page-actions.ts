/** The actions of a page's own script. The functions given to `evaluate` run in the browser. */
import type { Frame, Page } from 'playwright-core'

export type Script = Page | Frame

export type Fetched =
  | {
      readonly status: number
      /** `basic`, `cors`, or `opaque`, which a script cannot read. */
      readonly type: string
      readonly text: string
      /** Fields that the browser lets the script see. */
      readonly fields: Readonly<Record<string, string>>
    }
  | { readonly error: string }

/** Options of `fetch` in the pages; plain data, since it is sent to the browser. */
export type FetchInit = {
  readonly method?: string
  readonly mode?: 'cors' | 'no-cors'
  readonly credentials?: 'include'
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  readonly keepalive?: boolean
}

/** `fetch` as the page's script calls it; the error if the browser gives no answer. */
export function fetchFrom(script: Script, url: string, init: FetchInit = {}): Promise<Fetched> {
  return script.evaluate(
    async (call) => {
      try {
        const answer = await fetch(call.url, call.init)
        const fields = Object.fromEntries(answer.headers)
        return { status: answer.status, type: answer.type, text: await answer.text(), fields }
      } catch (error) {
        return { error: String(error) }
      }
    },
    { url, init },
  )
}

export type Opened = {
  readonly isOpen: boolean
  readonly protocol: string
  readonly echo: string | null
}

/** Opens a WebSocket, sends `text`, and waits for an answer or the end. */
export function openWebSocket(
  script: Script,
  at: { readonly url: string; readonly protocols: readonly string[]; readonly text: string },
): Promise<Opened> {
  return script.evaluate(({ url, protocols, text }) => {
    const { promise, resolve } = Promise.withResolvers<Opened>()
    const socket = new WebSocket(url, [...protocols])
    socket.onopen = () => socket.send(text)
    socket.onmessage = ({ data }) => {
      resolve({ isOpen: true, protocol: socket.protocol, echo: String(data) })
      socket.close()
    }
    socket.onerror = () => resolve({ isOpen: false, protocol: '', echo: null })
    return promise
  }, at)
}

/** The parts of the DOM that the scripts below use; the compiler has only Node's types. */
type Element = {
  [property: string]: unknown
  append: (...children: Element[]) => void
  submit: () => void
  setAttribute: (name: string, value: string) => void
}
declare const document: { body: Element; createElement: (name: string) => Element }

/** Adds an element that loads `url` and waits until the browser reports the result. */
export function loadElement(
  script: Script,
  name: 'img' | 'iframe' | 'script' | 'link',
  url: string,
): Promise<'load' | 'error'> {
  return script.evaluate(
    (wanted) => {
      const { promise, resolve } = Promise.withResolvers<'load' | 'error'>()
      const element = document.createElement(wanted.name)
      element['onload'] = () => resolve('load')
      element['onerror'] = () => resolve('error')
      if (wanted.name === 'link') element.setAttribute('rel', 'stylesheet')
      element.setAttribute(wanted.name === 'link' ? 'href' : 'src', wanted.url)
      document.body.append(element)
      return promise
    },
    { name, url },
  )
}

export type Form = {
  readonly url: string
  readonly method: 'post' | 'get'
  readonly enctype?: string
  /** Where redirects lead in the end, if anywhere else. */
  readonly landsAt?: string
}

/** A form of the page, sent by its script; the status of the answer. */
export async function submitForm(page: Page, form: Form): Promise<number> {
  const { landsAt = form.url } = form
  const answered = page.waitForResponse((answer) => answer.url().startsWith(landsAt))
  await page.evaluate(({ url, method, enctype }) => {
    const element = document.createElement('form')
    element.setAttribute('action', url)
    element.setAttribute('method', method)
    if (enctype !== undefined) element.setAttribute('enctype', enctype)
    const field = document.createElement('input')
    field.setAttribute('name', 'prompt')
    field.setAttribute('value', '1')
    element.append(field)
    document.body.append(element)
    element.submit()
  }, form)
  const status = (await answered).status()
  // A page that is closed in the middle of its way to another one may never say that it is closed.
  await page.waitForURL((url) => url.href.startsWith(landsAt))
  return status
}

/** A frame of the page without an origin of its own (`Origin: null`), whose scripts run. */
export async function openSandbox(page: Page): Promise<Frame> {
  await page.evaluate(() => {
    const element = document.createElement('iframe')
    element.setAttribute('sandbox', 'allow-scripts allow-forms')
    element.setAttribute('srcdoc', '<!doctype html><body></body>')
    document.body.append(element)
  })
  await page.waitForFunction('document.querySelector("iframe").contentWindow !== null')
  const frame = page.frames().find((other) => other !== page.mainFrame())
  if (frame === undefined) throw new Error('the page has no frame')
  await frame.waitForLoadState()
  return frame
}
