import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import { findNhsNumber } from '@chesil/fhir'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { assignPractices, readGpRecords } from '../src/world/gp-records.ts'
import { ask, parametersFor, pdsToken, resolved, type Sandbox, startSandbox } from './sandbox.ts'

const token = `{{jsonPath request.body '$.parameter[0].valueIdentifier.value'}}`

const patient = (value: string, more: object = {}) => ({
  resourceType: 'Patient',
  id: `patient-${value.slice(0, 4)}`,
  identifier: [{ system: 'https://fhir.nhs.uk/Id/nhs-number', value }],
  name: [
    { use: 'old', family: 'Before' },
    { use: 'official', family: 'Garland', given: ['Ada', 'May'], prefix: ['Ms'] }
  ],
  gender: 'female',
  birthDate: '1970-04-05',
  telecom: [{ system: 'phone', value: '01632 960001' }],
  address: [{ line: ['1 High Street'], city: 'Chalkham', postalCode: 'DT21 1AA' }],
  ...more
})
const bundle = (...resources: object[]) => ({
  resourceType: 'Bundle',
  type: 'collection',
  entry: resources.map((resource) => ({ resource }))
})

const folder = mkdtempSync(join(tmpdir(), 'gp-records-'))
afterAll(() => rmSync(folder, { recursive: true }))
const files: Record<string, string | Buffer> = {
  '9434765919_Named.json': JSON.stringify(
    bundle(patient('1234567890'), { resourceType: 'Observation', id: '1' })
  ),
  'own-number.json': JSON.stringify(bundle(patient('9434765870'), { resourceType: 'Observation', id: '2' })),
  'token.json.gz': gzipSync(JSON.stringify(bundle(patient(token), { resourceType: 'Observation', id: '1' }))),
  'zz-nobody.json': JSON.stringify(bundle({ resourceType: 'Observation', id: '3' })),
  'zz-searchset.json': JSON.stringify({
    ...bundle(patient('9990000018', { birthDate: '2000-02-31' })),
    type: 'searchset'
  }),
  '9434765919_again.json': JSON.stringify(bundle(patient('1234567890'))),
  'broken.json': '{"resourceType":"Bundle"',
  'no-bundle.json': '{"resourceType":"Patient"}',
  'notes.txt': 'not a record'
}
for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content)

describe('a folder of records', () => {
  const { records, leftOut } = readGpRecords(folder)
  const of = (name: string) => records.find(({ file }) => file.includes(name))

  test('gives each its number: of the file’s name, its own, or a drawn one', () => {
    expect(of('Named')?.nhsNumber).toBe('9434765919')
    expect(of('own-number')?.nhsNumber).toBe('9434765870')
    expect(of('token')?.nhsNumber).toMatch(/^999/)
    expect(of('zz-nobody')?.nhsNumber).toMatch(/^999/)
  })

  test('gives it the same number each time', () => {
    expect(readGpRecords(folder).records.map(({ nhsNumber }) => nhsNumber)).toEqual(
      records.map(({ nhsNumber }) => nhsNumber)
    )
  })

  test('has the number put in place of its placeholder and of nothing else', () => {
    expect(of('Named')?.text).toBe(
      (files['9434765919_Named.json'] as string).replace('1234567890', '9434765919')
    )
    expect(of('token')?.text).toContain(`"value":"${of('token')?.nhsNumber}"`)
    expect(of('own-number')?.text).toBe(files['own-number.json'])
  })

  test('leaves out what is no Bundle and whom it has already', () => {
    expect(leftOut).toEqual(['9434765919_again.json', 'broken.json', 'no-bundle.json'])
  })

  test('is spread over practices so that none has one id twice', () => {
    const practices = assignPractices(records)
    const at = (name: string) => practices.get(of(name)?.nhsNumber as never)?.odsCode
    expect(at('Named')).not.toBe(at('token'))
    expect(at('Named')).toBe(at('own-number'))
    expect([...practices.values()].every(({ retention }) => retention === 'store')).toBe(true)
  })
})

describe('the sandbox of a folder', () => {
  let sandbox: Sandbox
  beforeAll(async () => {
    sandbox = await startSandbox({ GP_RECORDS: folder })
  })
  afterAll(() => sandbox.app.close())
  const state = (number: string) => {
    const found = sandbox.deps.world.findPerson(number)
    if (!found) throw new RangeError('No such person')
    return found
  }

  test('serves a record as it is, whatever was asked for', async () => {
    const { person } = state('9434765870')
    const question = { odsCode: person.practice, body: parametersFor(person.nhsNumber, [resolved]) }
    expect((await ask(sandbox, question)).body).toBe(files['own-number.json'])
    const packed = await ask(sandbox, { ...question, headers: { 'accept-encoding': 'gzip' } })
    expect(gunzipSync(packed.rawPayload).toString()).toBe(files['own-number.json'])
  })

  test('lets PDS know whom the record is about', async () => {
    const response = await sandbox.app.inject({
      url: '/personal-demographics/FHIR/R4/Patient/9434765919',
      headers: {
        authorization: `Bearer ${await pdsToken(sandbox.app)}`,
        'x-request-id': '60e0b220-8136-4ca5-ae46-1d97ef59d068'
      }
    })
    expect(response.json()).toMatchObject({
      id: '9434765919',
      name: [{ family: 'Garland', given: ['Ada', 'May'], prefix: ['Ms'] }],
      gender: 'female',
      birthDate: '1970-04-05',
      address: [{ line: ['1 High Street', 'Chalkham'], postalCode: 'DT21 1AA' }],
      telecom: [{ value: '01632 960001' }],
      generalPractitioner: [{ identifier: { value: state('9434765919').person.practice } }]
    })
  })

  test('serves a record that can be edited after all', async () => {
    const { person, record } = state('9434765919')
    record.edit((held) => ({ ...held, entry: held.entry.slice(0, 1) }))
    const response = await ask(sandbox, { odsCode: person.practice, body: parametersFor(person.nhsNumber) })
    expect(response.json().entry).toHaveLength(1)
    record.reset()
  })

  test('knows a person whose record does not say who it is', () => {
    const nobody = sandbox.deps.world.people.find(({ person }) => person.name.family === 'Unknown')
    expect(nobody?.person).toMatchObject({ name: { given: [] }, gender: 'unknown', birthDate: '1900-01-01' })
  })
})

const published = resolve(import.meta.dirname, '../../../../shared/data/gp-connect/structured-records')
const present = existsSync(published)

const title = present ? 'published records' : 'published records: SKIPPED, ../shared/data is not here'

describe.skipIf(!present)(title, () => {
  let sandbox: Sandbox
  beforeAll(async () => {
    sandbox = await startSandbox({ GP_RECORDS: published })
  })
  afterAll(() => sandbox.app.close())

  const names = present ? readdirSync(published).filter((name) => /\.json(\.gz)?$/.test(name)) : []

  test('are all served', () => {
    expect(sandbox.deps.world.people).toHaveLength(names.length)
    expect(sandbox.deps.world.people.every(({ person }) => findNhsNumber(person.nhsNumber))).toBe(true)
  })

  test.each(names)('%s comes with every one of its entries, about the person asked for', async (name) => {
    const bytes = readFileSync(join(published, name))
    const original = JSON.parse((name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString())
    const { records } = readGpRecords(published)
    const nhsNumber = records.find(({ file }) => file === name)?.nhsNumber as string
    const state = sandbox.deps.world.findPerson(nhsNumber)
    const response = await ask(sandbox, {
      odsCode: state?.person.practice as string,
      body: parametersFor(nhsNumber)
    })
    expect(response.statusCode).toBe(200)
    expect(response.json().entry).toHaveLength(original.entry.length)
    // Compared as truths: a failure would print the whole record.
    expect(response.body.includes(`"${nhsNumber}"`)).toBe(true)
    expect(response.body.includes('"1234567890"')).toBe(false)
    expect(response.body.includes('jsonPath')).toBe(false)
    if (/^\d{10}/.test(name)) expect(nhsNumber).toBe(name.slice(0, 10))
  })

  test('are known to PDS by their own names and birth dates', () => {
    const people = sandbox.deps.world.people.map(({ person }) => `${person.name.family} ${person.birthDate}`)
    expect(people).toContain('Daniels 2015-04-16')
    expect(people).toContain('SKELLY 1925-04-21')
  })

  test('that share ids are at different practices', () => {
    const skellys = sandbox.deps.world.people.filter(({ person }) => person.name.family === 'SKELLY')
    expect(new Set(skellys.map(({ person }) => person.practice)).size).toBe(skellys.length)
    expect(skellys).toHaveLength(2)
  })

  test('offer documents of their own person only', async () => {
    const skelly = sandbox.deps.world.findPerson('9690937286')
    const response = await ask(sandbox, {
      odsCode: skelly?.person.practice as string,
      interaction: 'listDocuments',
      path: 'documents/Patient/2/DocumentReference',
      query: [
        ['_include', 'DocumentReference:subject:Patient'],
        ['_include', 'DocumentReference:custodian:Organization'],
        ['_include', 'DocumentReference:author:Organization'],
        ['_include', 'DocumentReference:author:Practitioner'],
        ['_revinclude:recurse', 'PractitionerRole:practitioner']
      ]
    })
    expect(response.statusCode).toBe(200)
    expect(response.body).not.toContain('DocumentReference"')
    expect(response.body).not.toContain('C71B9A8D-26CD-43D9-9030-F6C650879B37')
  })
})
