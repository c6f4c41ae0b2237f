import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { ask, type Question, refusalIn, type Sandbox, startSandbox } from './sandbox.ts'

let sandbox: Sandbox
beforeAll(async () => {
  sandbox = await startSandbox({ RECORD_SIZES: '900' })
})
beforeEach(() => sandbox.deps.world.reset())
afterAll(() => sandbox.app.close())

const system = 'https://fhir.nhs.uk/Id/nhs-number'
const includes: [string, string][] = [
  ['_include', 'DocumentReference:subject:Patient'],
  ['_include', 'DocumentReference:custodian:Organization'],
  ['_include', 'DocumentReference:author:Organization'],
  ['_include', 'DocumentReference:author:Practitioner'],
  ['_revinclude:recurse', 'PractitionerRole:practitioner']
]

interface Resource {
  resourceType: string
  id: string
  created?: string
  content?: { attachment: { url?: string; size: number } }[]
}
const resourcesIn = (body: { entry?: { resource: Resource }[] }, type: string) =>
  (body.entry ?? []).map(({ resource }) => resource).filter(({ resourceType }) => resourceType === type)

function find(kind: string, identifier = `${system}|${sandbox.one(kind).person.nhsNumber}`) {
  return ask(sandbox, {
    odsCode: sandbox.one(kind).person.practice,
    interaction: 'findPatient',
    path: 'documents/Patient',
    query: [['identifier', identifier]]
  })
}

async function list(kind: string, query: [string, string][] = includes) {
  const { person, record } = sandbox.one(kind)
  const id = record.read().entry.find(({ resource }) => resource.resourceType === 'Patient')?.resource.id
  return ask(sandbox, {
    odsCode: person.practice,
    interaction: 'listDocuments',
    path: `documents/Patient/${id}/DocumentReference`,
    query
  })
}

describe('finding a patient', () => {
  test('gives the person with the practice’s own id', async () => {
    const response = await find('ordinary')
    const [patient] = resourcesIn(response.json(), 'Patient')
    expect(response.json().type).toBe('searchset')
    expect(patient).toMatchObject({
      identifier: [{ system, value: sandbox.one('ordinary').person.nhsNumber }]
    })
    expect(resourcesIn(response.json(), 'DocumentReference')).toEqual([])
  })

  test.each(['restricted', 'deceased', 'invalidated'])(
    'gives nobody for a person who is %s',
    async (kind) => {
      const response = await find(kind)
      expect(response.statusCode).toBe(200)
      expect(response.json().entry).toEqual([])
    }
  )

  test.each([
    {
      identifier: 'http://fhir.nhs.net/Id/nhs-number|9434765919',
      status: 400,
      code: 'INVALID_IDENTIFIER_SYSTEM'
    },
    { identifier: system, status: 400, code: 'INVALID_NHS_NUMBER' },
    { identifier: `${system}|1234567890`, status: 400, code: 'INVALID_NHS_NUMBER' }
  ])('refuses $identifier', async ({ identifier, status, code }) => {
    const response = await find('ordinary', identifier)
    expect(response.statusCode).toBe(status)
    expect(refusalIn(response.json()).code).toBe(code)
  })

  test('refuses to search by nothing', async () => {
    const odsCode = sandbox.one('ordinary').person.practice
    const response = await ask(sandbox, { odsCode, interaction: 'findPatient', path: 'documents/Patient' })
    expect(refusalIn(response.json()).code).toBe('INVALID_PARAMETER')
  })
})

describe('listing documents', () => {
  test('gives all of the person’s documents, and who wrote and keeps them', async () => {
    const response = await list('ordinary')
    const held = sandbox.one('ordinary').record.read()
    const documents = held.entry.filter(({ resource }) => resource.resourceType === 'DocumentReference')
    expect(documents.length).toBeGreaterThan(0)
    expect(resourcesIn(response.json(), 'DocumentReference')).toHaveLength(documents.length)
    for (const type of ['Patient', 'Organization']) expect(resourcesIn(response.json(), type)).toHaveLength(1)
  })

  test('makes no records but that of the person who was found', async () => {
    const fresh = await startSandbox()
    const { person } = fresh.one('ordinary')
    const question = { odsCode: person.practice }
    const found = await ask(fresh, {
      ...question,
      interaction: 'findPatient',
      path: 'documents/Patient',
      query: [['identifier', `${system}|${person.nhsNumber}`]]
    })
    const others = fresh.deps.world.people.filter((state) => state.person !== person)
    for (const { record } of others) record.read = () => expect.fail('a record was made for nothing')
    const [patient] = resourcesIn(found.json(), 'Patient')
    const path = `documents/Patient/${patient?.id}/DocumentReference`
    const listed = await ask(fresh, { ...question, interaction: 'listDocuments', path, query: includes })
    expect(listed.statusCode).toBe(200)
    await fresh.app.close()
  })

  test('heeds the days of creation', async () => {
    const all = resourcesIn((await list('ordinary')).json(), 'DocumentReference')
    const days = all.map(({ created }) => created?.slice(0, 10) as string).toSorted()
    const first = days[0] as string
    const later = await list('ordinary', [...includes, ['created', `ge${first}`], ['created', `le${first}`]])
    const found = resourcesIn(later.json(), 'DocumentReference')
    expect(found).toHaveLength(days.filter((day) => day === first).length)
  })

  test('heeds author and description', async () => {
    const { practice } = sandbox.one('ordinary').person
    const author = (code: string): [string, string] => [
      'author',
      `https://fhir.nhs.uk/Id/ods-organization-code|${code}`
    ]
    const count = async (...query: [string, string][]) =>
      resourcesIn((await list('ordinary', [...includes, ...query])).json(), 'DocumentReference').length
    expect(await count(author(practice))).toBe(await count())
    expect(await count(author('J99099'))).toBe(0)
    expect(await count(['description', 'nothing of the kind'])).toBe(0)
  })

  test.each(includes)('refuses without %s=%s', async (name, value) => {
    const query = includes.filter(([otherName, otherValue]) => otherName !== name || otherValue !== value)
    const response = await list('ordinary', query)
    expect(response.statusCode).toBe(422)
    expect(refusalIn(response.json())).toEqual({
      code: 'INVALID_PARAMETER',
      diagnostics: `${name}=${value} is missing`
    })
  })

  test.each([
    { name: 'created', value: '2020-01-01', status: 422, code: 'INVALID_PARAMETER' },
    { name: 'created', value: 'ge2020', status: 422, code: 'INVALID_PARAMETER' },
    { name: 'created', value: 'ge2020-02-30', status: 422, code: 'INVALID_PARAMETER' },
    { name: 'author', value: 'J99001', status: 422, code: 'INVALID_PARAMETER' },
    { name: 'facility', value: 'x|y', status: 501, code: 'NOT_IMPLEMENTED' }
  ])('refuses $name=$value', async ({ name, value, status, code }) => {
    const response = await list('ordinary', [...includes, [name, value]])
    expect(response.statusCode).toBe(status)
    expect(refusalIn(response.json()).code).toBe(code)
  })

  test.each([
    { kind: 'dissenting', status: 403, code: 'NO_PATIENT_CONSENT' },
    { kind: 'deceased', status: 404, code: 'PATIENT_NOT_FOUND' },
    { kind: 'restricted', status: 404, code: 'PATIENT_NOT_FOUND' }
  ])('refuses for a person who is $kind', async ({ kind, status, code }) => {
    const response = await list(kind)
    expect(response.statusCode).toBe(status)
    expect(refusalIn(response.json()).code).toBe(code)
  })
})

describe('fetching a document', () => {
  const fetchBinary = (url: string, question: Partial<Question> = {}) =>
    ask(sandbox, {
      odsCode: sandbox.one('ordinary').person.practice,
      interaction: 'readBinary',
      path: `documents/${url.split('/documents/')[1]}`,
      ...question
    })

  test('gives the file that its address promises', async () => {
    const documents = resourcesIn((await list('ordinary')).json(), 'DocumentReference')
    const attachment = documents.map(({ content }) => content?.[0]?.attachment).find((file) => file?.url)
    const binary = (await fetchBinary(attachment?.url as string)).json()
    expect(binary).toMatchObject({ resourceType: 'Binary', contentType: 'text/plain' })
    expect(Buffer.from(binary.content, 'base64')).toHaveLength(attachment?.size as number)
  })

  test('finds no file by an id that is none', async () => {
    const response = await fetchBinary('x/documents/Binary/none')
    expect(response.statusCode).toBe(404)
    expect(refusalIn(response.json()).code).toBe('NO_RECORD_FOUND')
  })

  test('gives no file of a person who does not share', async () => {
    const held = JSON.parse(JSON.stringify(sandbox.one('dissenting').record.read()))
    const url = resourcesIn(held, 'DocumentReference')
      .map(({ content }) => content?.[0]?.attachment.url)
      .find((address) => address) as string
    expect((await fetchBinary(url, { odsCode: sandbox.one('dissenting').person.practice })).statusCode).toBe(
      404
    )
  })
})
