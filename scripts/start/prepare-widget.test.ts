import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { Service } from '../../gatekeeper/src/model/service.ts'
import { prepareWidget } from './prepare-widget.ts'

const service = { widget: {}, origins: ['https://shop.example'] } as unknown as Service
const manifest = JSON.stringify({
  version: '1.2.3',
  files: { 'widget.js': { integrity: 'sha384-x' } },
})

/** Runs it with a build that writes the manifest, or does nothing. */
async function prepare({ services = [service], isBuilt = true, builds = true } = {}) {
  const root = mkdtempSync(join(tmpdir(), 'gk-widget-'))
  const folder = join(root, 'sdk/dist/served')
  mkdirSync(folder, { recursive: true })
  const write = () => writeFileSync(join(folder, 'manifest.json'), manifest)
  if (isBuilt) write()
  let built = 0
  const lines = await prepareWidget(root, {
    ...{ services, gateway: 'https://ai.example' },
    run: async () => {
      built++
      if (builds) write()
      return { status: 0, stdout: '', stderr: '' } as never
    },
  })
  return { text: lines.join('\n'), built }
}

const line =
  '<script type="module" src="https://ai.example/widget/1.2.3/widget.js" integrity="sha384-x" crossorigin></script>'

it('prints the line for a page with the integrity of the files that these sources make', async () => {
  const { text, built } = await prepare()
  expect(text).toContain(line)
  expect(text).toContain('https://shop.example')
  // The build itself does nothing where its sources are the same.
  expect(built).toBe(1)
})

it('builds the files if they are not there, and says so if that fails', async () => {
  expect((await prepare({ isBuilt: false })).text).toContain(line)
  const failed = await prepare({ isBuilt: false, builds: false })
  expect(failed.text).toContain('npm run build')
})

it('prints and builds nothing without a widget', async () => {
  expect(await prepare({ services: [], isBuilt: false })).toEqual({ text: '', built: 0 })
})
