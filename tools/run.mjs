#!/usr/bin/env node
// The door to every command of this project: plain JavaScript, no dependencies, any Node from 18.12 on.
//
//   node tools/run.mjs <script.ts> [arguments…]
//
// 1. picks the Node that runs the script: this one when it is new enough, else the pinned one;
// 2. installs the pinned pnpm (and Node) into .toolchain/ with `npm ci`, once;
// 3. installs the locked dependencies with pnpm when the lockfile or a manifest changed;
// 4. runs the script, passing signals and the exit code through.
//
// Whatever it downloads stays in this folder (.toolchain, .cache, node_modules).
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import * as fs from 'node:fs'
import * as os from 'node:os'
import * as path from 'node:path'
import { fileURLToPath } from 'node:url'
import { explainFailure } from './setup/failure.mjs'
import { withLock } from './setup/lock.mjs'
import { runStep, SetupError, say } from './setup/step.mjs'

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..')
const toolchain = path.join(root, '.toolchain')
const cache = path.join(root, '.cache')
const setupLog = path.join(toolchain, 'setup.log')

/** pnpm and npm retry for ten minutes by default, which looks hung; these end within two. Settings of the user win. */
const networkLimits = {
  npm_config_fetch_retries: '2',
  npm_config_fetch_retry_mintimeout: '1000',
  npm_config_fetch_retry_maxtimeout: '5000',
  npm_config_fetch_timeout: '30000'
}

/** Explicit folders: a home that is missing or read-only does not matter, and pnpm lays no store at a mount's root. */
const downloadFolders = {
  npm_config_cache: path.join(cache, 'npm'),
  npm_config_store_dir: path.join(cache, 'pnpm', 'store'),
  npm_config_cache_dir: path.join(cache, 'pnpm', 'cache'),
  npm_config_state_dir: path.join(cache, 'pnpm', 'state')
}

/** pnpm refuses an empty HOME, and a container's arbitrary user has no home to fall back on. */
function homeFolder() {
  try {
    return process.env.HOME || os.userInfo().homedir
  } catch {
    return cache
  }
}

const setupEnv = {
  ...networkLimits,
  ...process.env,
  ...downloadFolders,
  HOME: homeFolder(),
  npm_config_update_notifier: 'false'
}

/** Node 24 and later run TypeScript as we write it. On a Mac 22.18 will do, since the registry holds no newer one to fetch. */
function isNewEnough([major, minor]) {
  return major >= 24 || (process.platform === 'darwin' && major === 22 && minor >= 18)
}

/** The one we fetched does not count, though it may be first on PATH: it would be removed while it runs. */
const ownNode =
  !process.execPath.startsWith(toolchain + path.sep) &&
  isNewEnough(process.versions.node.split('.').map(Number))

function nodePath() {
  if (ownNode) return process.execPath
  const prefix = process.platform === 'darwin' && process.arch === 'arm64' ? 'node-bin' : 'node'
  const folder = [prefix, process.platform, process.arch].join('-')
  return path.join(toolchain, 'node_modules', folder, 'bin', 'node')
}

function readOrEmpty(file) {
  try {
    return fs.readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

function hashOf(files) {
  const hash = createHash('sha256')
  for (const file of files) hash.update(path.relative(root, file)).update('\0').update(fs.readFileSync(file))
  return `${hash.digest('hex')} ${process.platform}-${process.arch}${ownNode ? ' own-node' : ''}`
}

function assertUsable() {
  const supported = ['linux', 'darwin'].includes(process.platform) && ['x64', 'arm64'].includes(process.arch)
  if (!supported) {
    throw new SetupError(
      `${process.platform}-${process.arch} is not supported: use Linux or macOS on x64 or arm64`
    )
  }
  try {
    for (const folder of [toolchain, cache]) fs.mkdirSync(folder, { recursive: true })
    for (const folder of [root, toolchain, cache])
      fs.accessSync(folder, fs.constants.W_OK | fs.constants.X_OK)
  } catch (error) {
    throw new SetupError(explainFailure(error.message) ?? error.message)
  }
}

function assertNodeRuns() {
  const node = nodePath()
  const place = `${process.platform}-${process.arch}`
  if (!fs.existsSync(node)) {
    throw new SetupError(
      `the registry gave no Node for ${place}: install Node 24 or later and run this again`
    )
  }
  if (spawnSync(node, ['--version']).status !== 0) {
    throw new SetupError(
      `the downloaded Node does not run here (${place}; a system without glibc, such as Alpine?): install Node 24 or later and run this again`
    )
  }
}

async function setUpToolchain() {
  const specification = path.join(root, 'tools', 'toolchain')
  const wanted = hashOf([path.join(specification, 'package-lock.json')])
  const stamp = path.join(toolchain, 'stamp')
  const isReady = () => readOrEmpty(stamp) === wanted && fs.existsSync(nodePath())
  if (isReady()) return
  await withLock(path.join(toolchain, 'toolchain.lock'), async () => {
    if (isReady()) return
    fs.rmSync(stamp, { force: true })
    for (const file of ['package.json', 'package-lock.json', '.npmrc']) {
      fs.copyFileSync(path.join(specification, file), path.join(toolchain, file))
    }
    const what = ownNode ? 'pnpm' : `pnpm and Node 24 (this machine has ${process.version})`
    const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
    await runStep(what, 'npm', ['ci', ...flags, ...(ownNode ? ['--omit=optional'] : [])], {
      cwd: toolchain,
      env: setupEnv,
      logFile: setupLog,
      neededMegabytes: ownNode ? 60 : 350
    })
    assertNodeRuns()
    fs.writeFileSync(stamp, wanted)
  })
}

/** Every file whose change calls for another install. */
function manifests() {
  const members = ['packages', 'services'].flatMap((parent) =>
    fs.readdirSync(path.join(root, parent)).map((name) => path.join(parent, name))
  )
  return ['.', 'tests', 'tools', ...members]
    .map((folder) => path.join(root, folder, 'package.json'))
    .concat(['pnpm-lock.yaml', 'pnpm-workspace.yaml', '.npmrc'].map((file) => path.join(root, file)))
    .filter((file) => fs.existsSync(file))
}

/**
 * pnpm looks for the machine-wide npmrc (cafile, proxy, registry) beside the Node it runs on, so under the
 * downloaded Node it must be told where npm's own is. `npm run` sets this variable, a plain `node` does not.
 */
function machineWideSettings() {
  if (process.env.npm_config_globalconfig) return {}
  const answer = spawnSync('npm', ['config', 'get', 'globalconfig', '--loglevel=error'], {
    cwd: root,
    env: setupEnv,
    encoding: 'utf8'
  })
  return answer.status === 0 ? { npm_config_globalconfig: answer.stdout.trim() } : {}
}

function scriptEnv() {
  const bins = [path.dirname(nodePath()), path.join(root, 'node_modules', '.bin')]
  return {
    NODE_COMPILE_CACHE: path.join(cache, 'compiled'), // a warm service starts in a fifth of the time
    ...process.env,
    PATH: [...bins, process.env.PATH ?? ''].join(path.delimiter)
  }
}

async function installDependencies() {
  const wanted = hashOf(manifests())
  const stamp = path.join(root, 'node_modules', '.setup-stamp')
  if (readOrEmpty(stamp) === wanted) return
  await withLock(path.join(toolchain, 'install.lock'), async () => {
    if (readOrEmpty(stamp) === wanted) return
    // An install that is cut short must not look finished to a later run.
    fs.rmSync(stamp, { force: true })
    const pnpm = path.join(toolchain, 'node_modules', 'pnpm', 'bin', 'pnpm.cjs')
    const flags = ['--frozen-lockfile', '--reporter=append-only', '--config.confirmModulesPurge=false']
    const env = { ...setupEnv, ...machineWideSettings(), PATH: scriptEnv().PATH, CI: 'true' }
    // pnpm 10 waits for ever when a certificate is refused: the rejection that it drops must end it.
    const args = ['--unhandled-rejections=strict', pnpm, 'install', ...flags]
    await runStep('dependencies', nodePath(), args, {
      cwd: root,
      env,
      logFile: setupLog,
      neededMegabytes: 500
    })
    fs.writeFileSync(stamp, wanted)
  })
}

function runScript(args) {
  // The channel carries no messages: it closes when this process dies, even by kill -9, and so tells the script.
  const child = spawn(nodePath(), args, { stdio: ['inherit', 'inherit', 'inherit', 'ipc'], env: scriptEnv() })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    // A terminal sends Ctrl-C to the whole group, so there the script has it already.
    process.on(signal, () => (signal === 'SIGINT' && process.stdin.isTTY ? undefined : child.kill(signal)))
  }
  if (process.env.npm_lifecycle_event) stopWithParent(child)
  child.on('error', (error) => fail(error))
  child.on('exit', (code, signal) => {
    if (!signal) process.exit(code)
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
  })
}

/** `npm run` that is killed outright passes no signal on: notice that another process has become the parent. */
function stopWithParent(child) {
  const parent = process.ppid
  setInterval(() => process.ppid === parent || child.kill('SIGTERM'), 1_000).unref()
}

function fail(error) {
  say(error instanceof SetupError ? error.message : (explainFailure(error.message) ?? error.stack))
  process.exit(1)
}

if (process.argv.length < 3) {
  say('usage: node tools/run.mjs <script.ts> [arguments…]')
  process.exit(2)
}
try {
  assertUsable()
  await setUpToolchain()
  await installDependencies()
} catch (error) {
  fail(error)
}
runScript(process.argv.slice(2))
