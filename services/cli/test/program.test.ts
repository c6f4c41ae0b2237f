import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { chesil } from './support/chesil.ts'

const folder = mkdtempSync(join(tmpdir(), 'chesil-cli-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const nowhere = 'postgres://somebody:hunter2@127.0.0.1:1/chesil'

test.each([
  [['--help'], /migrate[\s\S]*audit[\s\S]*objection[\s\S]*sources/],
  [['audit', 'verify', '--help'], /--json[\s\S]*Exit code 0: nothing was altered/],
  [['help', 'sources'], /check <file>/],
  [['help', 'messages'], /list[\s\S]*retry/],
  [['help', 'stays'], /list[\s\S]*release/]
])('%j explains, and that is no failure', async (args, text) => {
  const { code, stdout, stderr } = await chesil(args)
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout).toMatch(text)
})

test.each([
  ['an unknown command', ['nonsense'], "error: unknown command 'nonsense'\n"],
  ['an unknown part of a command', ['sources', 'mend', 'x'], "error: unknown command 'mend'\n"],
  ['an unknown option', ['audit', 'verify', '--fast'], "error: unknown option '--fast'\n"],
  ['a file that is not named', ['sources', 'check'], "error: missing required argument 'file'\n"],
  ['nobody who records it', ['objection', 'record'], "error: required option '--by <who>' not specified\n"]
])('%s is a failure, and is said once', async (_case, args, stderr) => {
  expect(await chesil(args)).toEqual({ code: 1, stdout: '', stderr })
})

test('no command at all is a failure that shows the help', async () => {
  const { code, stderr } = await chesil([])
  expect(code).toBe(1)
  expect(stderr).toMatch(/^Usage: chesil/)
})

test.each([
  ['a command that succeeds', ['--help'], 0, /^Usage: chesil/, /^$/],
  ['one that fails', ['migrate'], 1, /^$/, /^Set DATABASE_URL/],
  ['one that is none', ['nonsense'], 1, /^$/, /^error: unknown command/]
])('the process ends as its command did: %s', (_case, args, status, stdout, stderr) => {
  const main = join(import.meta.dirname, '../src/main.ts')
  const ended = spawnSync(process.execPath, [main, ...args], { env: {}, encoding: 'utf8' })
  expect(ended).toMatchObject({
    status,
    stdout: expect.stringMatching(stdout),
    stderr: expect.stringMatching(stderr)
  })
})

describe('what a command needs is named when it is missing', () => {
  const settings = {
    DATABASE_URL: nowhere,
    AUDIT_CHECKPOINT_DIR: folder,
    AUDIT_SIGNING_KEY: 'env:KEY',
    KEY: 'hunter2'
  }
  const { AUDIT_CHECKPOINT_DIR: _folder, ...withoutFolder } = settings
  const { AUDIT_SIGNING_KEY: _key, ...withoutKey } = settings
  const withoutDatabase = { NHS_NUMBER: '9990000018' }

  test.each<[string, string[], Record<string, string>, RegExp]>([
    ['the database', ['migrate'], {}, /^Set DATABASE_URL to /],
    ['the database', ['objection', 'record', '--by', 'x'], withoutDatabase, /^Set DATABASE_URL to /],
    [
      'the person',
      ['objection', 'withdraw', '--by', 'x'],
      { DATABASE_URL: nowhere },
      /^Set NHS_NUMBER in the environment/
    ],
    ['the folder of checkpoints', ['audit', 'verify'], withoutFolder, /^Set AUDIT_CHECKPOINT_DIR$/],
    ['the key', ['audit', 'verify'], withoutKey, /^Set AUDIT_SIGNING_KEY$/],
    ['a key that is one', ['audit', 'verify'], settings, /^AUDIT_SIGNING_KEY must name ed25519 keys/],
    [
      'the key by reference',
      ['audit', 'verify'],
      { ...settings, AUDIT_SIGNING_KEY: 'hunter2' },
      /^A secret is named, not written out/
    ],
    [
      'a database that can be reached',
      ['migrate'],
      { DATABASE_URL: nowhere },
      /^PostgreSQL cannot be reached \(ECONNREFUSED\): look at DATABASE_URL/
    ],
    [
      'a number with a right check digit',
      ['objection', 'record', '--by', 'x'],
      { NHS_NUMBER: '9990000019', DATABASE_URL: nowhere },
      /^Not a valid NHS number/
    ]
  ])('%s for %j', async (_what, args, env, message) => {
    const { code, stdout, stderr } = await chesil(args, env)
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr.trimEnd()).toMatch(message)
    expect(stderr).not.toMatch(/hunter2|99900000|\n\s+at /)
  })
})

describe('sources check', () => {
  const source = (id: string, changes: object = {}) => ({
    id,
    kind: 'gp-connect',
    odsCode: 'J81001',
    name: 'A practice',
    releaseStage: 'live',
    retention: 'session',
    endpoint: { baseUrl: 'https://gp.example/gpconnect', asid: '1', interactions: ['structured'] },
    ...changes
  })
  const check = (content: unknown) => {
    const path = join(folder, 'sources.json')
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
    return chesil(['sources', 'check', path])
  }

  test('counts what is in a catalogue that is right', async () => {
    const sources = [source('gp-one'), source('gp-two', { odsCode: 'J81002', releaseStage: 'planned' })]
    expect(
      await check({ sources, readingOrganisations: [{ odsCode: 'R9Z', name: 'A trust', asid: '2' }] })
    ).toEqual({
      code: 0,
      stdout: '2 sources, 1 of them live; 1 reading organisations\n',
      stderr: ''
    })
  })

  const hospital = (id: string, changes: object = {}) => ({
    id,
    kind: 'hl7v2',
    odsCode: 'RCB',
    name: 'Hospital',
    releaseStage: 'live',
    retention: 'store',
    agreement: 'test',
    senders: [{ facility: id }],
    ...changes
  })

  test('warns of a hospital that names neither locations it does not share nor its peers', async () => {
    const said = { refuse: { locations: [] }, peers: { addresses: ['10.0.0.0/8'] }, odsCode: 'RCC' }
    const sources = [
      hospital('pas'),
      hospital('pas-two', said),
      hospital('pas-old', { releaseStage: 'retired' })
    ]
    const { code, stderr } = await check({ sources, readingOrganisations: [] })
    expect(code).toBe(0)
    expect(stderr).toMatch(/^warning: pas names no refuse\.locations.*\nwarning: pas names no peers.*\n$/)
  })

  test('says everything that is wrong, a line each', async () => {
    const sources = [source('gp-one', { retention: 'store' }), source('gp-one')]
    const { code, stdout, stderr } = await check({ sources, readingOrganisations: [] })
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr.split('\n  ').slice(1)).toEqual([
      'two sources have the id gp-one',
      'two live gp-connect sources have the ODS code J81001',
      'gp-one: retention "store" needs a recorded agreement\n'
    ])
  })

  test.each([
    ['is no JSON', '{', /sources\.json is not JSON\n$/],
    ['is none', '{}', /is not valid:\n {2}\/sources is missing\n {2}\/readingOrganisations is missing\n$/]
  ])('refuses what %s', async (_case, content, message) => {
    const { code, stderr } = await check(content)
    expect(code).toBe(1)
    expect(stderr).toMatch(message)
  })

  test('names a file that is not there', async () => {
    expect(await chesil(['sources', 'check', '/nowhere.json'])).toEqual({
      code: 1,
      stdout: '',
      stderr: '/nowhere.json cannot be read (ENOENT)\n'
    })
  })
})
