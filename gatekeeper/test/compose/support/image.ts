import { writeFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { type Deployment, readPins } from './deployment.ts'

const image = 'gatekeeper:local'
const megabytes = (bytes: number) => Math.round(bytes / 1e6)

/** Prints the name and version of every package that is installed, at any depth. */
const listPackages = `const fs = require("fs");
  for (const each of ["*", "@*/*"].flatMap((at) => ["", "**/node_modules/"].flatMap((deep) =>
    fs.globSync("node_modules/" + deep + at + "/package.json")))) {
    const { name, version } = JSON.parse(fs.readFileSync(each));
    console.log(name + "@" + version);
  }`

export function itIsSmall(deployment: () => Deployment): void {
  const run = (script: string) =>
    deployment().engine.docker('run', '--rm', image, 'sh', '-c', script)
  const bytesOf = async (name: string) =>
    Number(await deployment().engine.docker('image', 'inspect', '-f', '{{.Size}}', name))

  it('adds little to its base, and no compiler', async () => {
    const ours = await bytesOf(image)
    const own = ours - (await bytesOf((await readPins(deployment().clone)).node))
    deployment().log(`image: ${megabytes(ours)} MB, ${megabytes(own)} MB of them ours`)
    expect(own).toBeLessThan(60e6)
    expect(await run('for t in gcc cc make python3; do command -v $t; done; true')).toBe('')
  })

  it('contains its bill of materials, which lists every package in it', async () => {
    const text = await run('cat sbom.cdx.json')
    const { components } = JSON.parse(text) as { components: { name: string; version: string }[] }
    const listed = new Set(components.map(({ name, version }) => `${name}@${version}`))
    const there = (await run(`node -e '${listPackages}'`)).trim().split('\n')
    deployment().log(`image: ${there.length} packages`)
    expect(there.length).toBeGreaterThan(10)
    expect(there.filter((name) => !listed.has(name))).toEqual([])
    const file = process.env['GATEKEEPER_SBOM']
    if (file) await writeFile(file, text)
  })

  it('holds no key, no secret, no test', async () => {
    const found = await run(
      "find /app -name '*.test.ts' -not -path '*/node_modules/*' -o -name .env -o -name keys.json",
    )
    expect(found).toBe('')
  })
}
