import { createHash, randomUUID } from 'node:crypto'
import { accessSync, constants, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Source } from '@chesil/contracts'
import { migrate } from '@chesil/record-store'
import { openServices } from '../open-services.ts'
import { assertPortIsFree } from '../processes/port.ts'
import { ToolError } from '../processes/tool-error.ts'
import { announce, type ReadyDemo, writeDemoFile } from './announce.ts'
import { sendExtracts } from './council.ts'
import { playHospitalDay } from './hospital.ts'
import { ensureKeys } from './keys.ts'
import { lockDemo } from './lock.ts'
import { recordObjections } from './objections.ts'
import { type DemoOptions, parseOptions, usage } from './options.ts'
import { registerDemoPartner } from './partner.ts'
import { loadPeople } from './people.ts'
import { say, showStep } from './progress.ts'
import { issueTokens, readCatalogue, readPeople, type SandboxPerson } from './sandbox.ts'
import { type DemoFolders, type ServiceContext, startRecordServices, startSandbox } from './services.ts'
import { createStack, type Stack } from './stack.ts'

const root = resolve(import.meta.dirname, '..', '..')
const demoFolder = resolve(root, process.env['DEMO_FOLDER'] ?? '.demo')
const demoFile = join(demoFolder, 'demo.json')
const headerFile = join(demoFolder, 'clinician.header')

/** Each set of people has a database of its own: an NHS number may be one person here and another there. */
function makeFolders({ gpRecords }: DemoOptions): DemoFolders {
  const name = gpRecords
    ? `gp-records-${createHash('sha256').update(gpRecords).digest('hex').slice(0, 8)}`
    : 'made-up'
  const folders = { root: demoFolder, data: join(demoFolder, name), logs: join(demoFolder, 'logs') }
  try {
    for (const folder of Object.values(folders)) mkdirSync(folder, { recursive: true })
    accessSync(demoFolder, constants.W_OK)
  } catch {
    throw new ToolError(
      `${demoFolder} cannot be written by this user: remove it, or use a checkout of your own.`
    )
  }
  return folders
}

async function prepareDatabase(url: string): Promise<void> {
  try {
    await migrate(url)
  } catch (error) {
    throw new ToolError(
      `The database cannot be brought up to date: ${error instanceof Error ? error.message : error}`
    )
  }
}

async function openStores({ stack, folders }: Pick<ServiceContext, 'stack' | 'folders'>) {
  const stores = await openServices({
    databaseUrl: process.env['DATABASE_URL'],
    redisUrl: process.env['REDIS_URL'],
    folder: folders.data,
    cacheFolder: join(root, '.cache'),
    logFolder: folders.logs,
    onProgress: (message) => say(`  … ${message}`)
  })
  if (stores.postgres.local) stack.addStore('PostgreSQL', stores.postgres.local)
  if (stores.redis.local) stack.addStore('Redis', stores.redis.local)
  await prepareDatabase(stores.postgres.url)
  return { postgres: stores.postgres.url, redis: stores.redis.url }
}

function choosePeople(people: readonly SandboxPerson[], options: DemoOptions): readonly SandboxPerson[] {
  return options.gpRecords && options.people ? people.slice(0, options.people) : people
}

async function startDemo(options: DemoOptions, folders: DemoFolders, stack: Stack): Promise<ReadyDemo> {
  const context = { stack, folders, options, keys: ensureKeys(join(demoFolder, 'keys')) }
  const [stores, sandbox] = await showStep('PostgreSQL, Redis and the sandbox', () =>
    Promise.all([openStores(context), startSandbox(context)])
  )
  const addresses = { ...stores, sandbox }
  const { recordApi, acute, socialCare, partnerGateway, console } = await showStep(
    'record-api, record-builder, the adapters, the partner gateway and the console',
    () => startRecordServices(addresses, context)
  )
  const people = choosePeople(await readPeople(sandbox), options)
  const tokens = await issueTokens(sandbox, randomUUID())
  await recordObjections(stores.postgres, people)
  const loaded = await showStep(`${people.length} people, asked for as a clinician's system would`, () =>
    loadPeople(people, { url: recordApi, token: tokens.clinician })
  )
  const hospital = options.gpRecords
    ? undefined
    : await showStep('A day in hospital, as a trust sends it', () => playHospitalDay(sandbox, acute, loaded))
  const council = options.gpRecords
    ? undefined
    : await showStep('Two months of social care, as a council extracts them', () =>
        sendExtracts(sandbox, { url: socialCare, postgres: stores.postgres }, new Date())
      )
  const partner = await registerDemoPartner((await readCatalogue(sandbox)).sources as readonly Source[], {
    url: partnerGateway,
    postgres: stores.postgres,
    keys: context.keys,
    keyFile: join(folders.data, 'partner.key')
  })
  return {
    recordApi,
    console,
    ...addresses,
    tokens,
    people: loaded,
    ...(hospital && { hospital }),
    ...(council && { council }),
    ...(partner && { partner })
  }
}

/** Resolves when somebody wants the demo to end: Ctrl-C, kill, a closed terminal, or the death of who started it. */
const asked = new Promise<'stop'>((done) => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => done('stop'))
  process.on('disconnect', () => done('stop'))
  process.channel?.unref()
})

/** @returns when somebody wants the demo to end. */
async function runDemo(options: DemoOptions, folders: DemoFolders, stack: Stack): Promise<void> {
  const start = performance.now()
  const started = await Promise.race([asked, stack.failed, startDemo(options, folders, stack)])
  if (started === 'stop') return
  writeDemoFile(demoFile, started)
  announce(started, demoFolder, headerFile)
  say(`Ready in ${((performance.now() - start) / 1_000).toFixed(1)} s.`)
  await Promise.race([asked, stack.failed])
}

function tell(error: unknown): void {
  const text =
    error instanceof ToolError ? error.message : error instanceof Error ? error.stack : String(error)
  process.stderr.write(`${text}\n`)
}

function readOptions(): DemoOptions | 'help' {
  try {
    // npm runs scripts in the project's folder and says where it was called.
    return parseOptions(process.argv.slice(2), process.env['INIT_CWD'] ?? process.cwd(), process.env)
  } catch (error) {
    tell(error)
    return process.exit(2)
  }
}

async function main(options: DemoOptions): Promise<void> {
  if (options.port) await assertPortIsFree(options.port)
  const folders = makeFolders(options)
  const lock = await lockDemo(join(demoFolder, 'lock'))
  const stack = createStack()
  // The file tells scripts that a demo is ready, so one that was left behind tells them wrong.
  const forget = () => {
    for (const file of [demoFile, headerFile]) rmSync(file, { force: true })
  }
  try {
    forget()
    for (const log of readdirSync(folders.logs)) rmSync(join(folders.logs, log)) // of an earlier start
    await runDemo(options, folders, stack)
    say('\nStopping …')
  } finally {
    lock.announceStop()
    forget()
    await stack.stop()
    lock.release()
  }
}

// A closed terminal takes the output away, not the duty to stop what was started.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)

const options = readOptions()
if (options === 'help') say(usage)
else {
  const exitCode = await main(options).then(
    () => 0,
    (error) => {
      tell(error)
      return 1
    }
  )
  process.exit(exitCode)
}
