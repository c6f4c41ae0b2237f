import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { AdwSender, PrsbSender, SourceCatalogue } from '@chesil/contracts'
import type { Bundle, Resource, Task } from '@chesil/fhir'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newest, outcomeOf, settledOf } from '../support/file-outcomes.ts'
import { resourcesOf, type Stack, startStack } from '../support/stack.ts'

/** Real messages of others are not part of the project: see packages/mappers/test/real-records.test.ts. */
const data = path.join(import.meta.dirname, '../../../shared/data')
const filesIn = (folder: string, pattern: string) => {
  const cwd = path.join(data, folder)
  return existsSync(cwd) ? globSync(pattern, { cwd }).sort() : []
}
const prsbFiles = filesIn('social-care/prsb', '*.json*')
const read = (folder: string, file: string) => {
  const bytes = readFileSync(path.join(data, folder, file))
  return file.endsWith('.gz') ? gunzipSync(bytes) : bytes
}

/** What became of each file: the answer at the door, and what is in the view. */
const golden = path.join(import.meta.dirname, 'golden/social-care-files.json')
const howToWrite =
  'golden/social-care-files.json differs: look at it, then UPDATE_GOLDEN=1 npm test -- tests/e2e/social-care-files'

const hospital = 'RFM8C2'
const council = 'V396BB'
const source = (kind: string, odsCode: string) => ({
  id: `${kind}-${odsCode.toLowerCase()}`,
  odsCode,
  name: `Sender ${odsCode}`,
  releaseStage: 'live' as const,
  retention: 'store' as const,
  agreement: 'test'
})
const withSenders = (catalogue: SourceCatalogue): SourceCatalogue => ({
  ...catalogue,
  sources: [
    ...catalogue.sources.filter(({ kind }) => kind === 'gp-connect'),
    { ...source('adw', hospital), kind: 'adw', councils: [council] } satisfies AdwSender,
    { ...source('prsb', council), kind: 'prsb' } satisfies PrsbSender
  ]
})

let stack: Stack
beforeAll(async () => {
  stack = await startStack({ councils: 1, catalogue: withSenders })
}, 60_000)
afterAll(() => stack?.stop())

interface Sent {
  readonly status: number
  readonly text: string
}

async function post(
  route: string,
  type: string,
  organisation: string,
  body: Uint8Array | string
): Promise<Sent> {
  const token = await stack.issueToken({ scope: 'system/MessageHeader.c', organisation })
  const response = await fetch(`${stack.service('social-care-adapter').url}${route}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': type },
    body: typeof body === 'string' ? body : new Uint8Array(body)
  })
  return { status: response.status, text: await response.text() }
}

const refusalOf = ({ status, text }: Sent): string =>
  `refused at the door: ${status} ${(JSON.parse(text) as { issue: { diagnostics: string }[] }).issue[0]?.diagnostics}`

/** Under which source, of which person, which items in which state; or why it was refused. */
async function becomeOf(sent: Sent): Promise<unknown> {
  if (sent.status !== 202) return refusalOf(sent)
  const { id } = JSON.parse(sent.text) as { id: string }
  const settled = await settledOf(stack, id)
  if (typeof settled === 'string') return settled
  return {
    record: settled.parts.map(({ sourceId, patientId, resources }) => ({
      source: sourceId,
      person: numberOf(patientId),
      items: resources.map(inWords)
    })),
    ...settled.keptOut
  }
}

const persons: string[] = []
/** Persons by the order in which they came: files about one person have one number. */
function numberOf(patientId: string): number {
  if (!persons.includes(patientId)) persons.push(patientId)
  return persons.indexOf(patientId) + 1
}

/** Its type, state and labels. */
function inWords(resource: Resource): string {
  const status = 'status' in resource ? ` ${String(resource.status)}` : ''
  const labels = (resource.meta?.security ?? []).map(({ code }) => ` [${code}]`).join('')
  return `${resource.resourceType}${status}${labels}`
}

/** A notice comes before its answer, as it was. */
const stories = [
  'Admission-Notice',
  'Assessment-Notice',
  'Assessment-Notice-Accept-Response',
  'Assessment-Notice-Reject-Response',
  'Discharge-Notice',
  'Discharge-Notice-Reject-Response',
  'Withdrawal-Notice-Accept-Response',
  'Withdrawal-Notice-Reject-Response'
]
const adwFiles =
  filesIn('adw', '*.xml').length === 0
    ? []
    : stories.map((name) => `ADW-Message-${name}-Bundle-1-Example-1.xml`)

describe.skipIf(adwFiles.length === 0)(
  'every real file goes in by the network and is accounted for (skipped where ../shared/data is absent)',
  () => {
    const outcomes: Record<string, unknown> = {}

    test('none is left out', () => {
      expect([...adwFiles].sort()).toEqual(filesIn('adw', '*.xml'))
    })

    test.each(adwFiles)('adw/%s', async (file) => {
      const sender = file.includes('Response') ? council : hospital
      const sent = await post('/adw', 'application/fhir+xml', sender, read('adw', file))
      outcomes[`adw/${file}`] = await becomeOf(sent)
    })

    test.each(prsbFiles)('prsb/%s', async (file) => {
      const sent = await post('/prsb', 'application/fhir+json', council, read('social-care/prsb', file))
      outcomes[`prsb/${file}`] = await becomeOf(sent)
    })

    test('with the outcome that is known', () => {
      if (process.env['UPDATE_GOLDEN'] === '1')
        writeFileSync(golden, `${JSON.stringify(outcomes, undefined, 2)}\n`)
      expect(outcomes, howToWrite).toEqual(JSON.parse(readFileSync(golden, 'utf8')))
    })
  }
)

const nhsNumber = { system: 'https://fhir.nhs.uk/Id/nhs-number', value: '9990000018' }
const aboutMe = {
  resourceType: 'Bundle',
  type: 'collection',
  timestamp: '2026-11-20T10:00:00Z',
  entry: [
    {
      fullUrl: 'urn:uuid:5f0d3c1e-0000-4000-8000-000000000001',
      resource: {
        resourceType: 'Patient',
        identifier: [nhsNumber, { system: 'https://council.example/person', value: 'C100' }],
        name: [{ family: 'Weir', given: ['Ada'] }],
        birthDate: '1950-04-21'
      }
    },
    {
      fullUrl: 'urn:uuid:5f0d3c1e-0000-4000-8000-000000000002',
      resource: {
        resourceType: 'QuestionnaireResponse',
        questionnaire: 'https://forms.example/AboutMe',
        status: 'completed',
        authored: '2026-11-20T10:00:00Z',
        subject: { reference: 'urn:uuid:5f0d3c1e-0000-4000-8000-000000000001' },
        item: [
          {
            linkId: '1',
            text: 'What is most important to me',
            answer: [{ valueString: 'My garden, and tea at four' }]
          },
          {
            linkId: '2',
            text: 'How I communicate and how to communicate with me',
            answer: [{ valueString: 'Slowly' }]
          }
        ]
      }
    }
  ]
}

describe('a filled-in form', () => {
  test('is kept, and read by whoever may read what the person says of themselves', async () => {
    const before = await newest(stack)
    const sent = await post('/prsb', 'application/fhir+json', council, JSON.stringify(aboutMe))
    expect(sent.status, sent.text).toBe(202)
    expect(await outcomeOf(stack, before)).toMatchObject({ QuestionnaireResponse: 1 })
    const [row] = await stack.database.query<{ id: string }>(
      `select patient_id as id from contribution where source_id = 'prsb-v396bb' limit 1`
    )
    const social = await stack.issueToken({ role: 'social-care-practitioner' })
    const clerical = await stack.issueToken({ role: 'clerical' })
    const garden = async (token: string) =>
      (await stack.ask<Bundle>(`Patient/${row?.id}/$everything`, { token })).text.includes('My garden')
    expect(await garden(social)).toBe(true)
    expect(await garden(clerical)).toBe(false)
  })

  test.each([
    ['of an organisation that sends none', 403, JSON.stringify(aboutMe), hospital],
    ['that is no JSON', 400, '{"resourceType":', council],
    [
      'in which nothing is answered',
      422,
      JSON.stringify({ resourceType: 'QuestionnaireResponse', status: 'completed' }),
      council
    ],
    ['that is nested a hundred thousand deep', 422, `${'['.repeat(100_000)}${']'.repeat(100_000)}`, council],
    [
      'with the name of what objects are made of',
      422,
      '{"__proto__":{"resourceType":"QuestionnaireResponse"}}',
      council
    ]
  ])('%s is answered, and not kept', async (_what, status, body, organisation) => {
    const before = await newest(stack)
    const sent = await post('/prsb', 'application/fhir+json', organisation, body)
    expect(sent.status, sent.text).toBe(status)
    expect(sent.text).not.toContain('garden')
    expect(await newest(stack)).toBe(before)
  })
})

describe.skipIf(adwFiles.length === 0)('a notice', () => {
  const notice = () => read('adw', 'ADW-Message-Discharge-Notice-Bundle-1-Example-1.xml')
  const noticeId = '19db5f65-1bad-4ce1-be05-92ff79ab1c8f'
  const answer = (organisation: string, body: object) =>
    post('/adw/answers', 'application/json', organisation, JSON.stringify(body))

  test('that came before is known, and leads to nothing new', async () => {
    const before = await newest(stack)
    expect((await post('/adw', 'application/fhir+xml', hospital, notice())).status).toBe(202)
    expect(await newest(stack)).toBe(before)
  })

  test('is answered by the council it was sent to, and ward and council see the answer', async () => {
    const sent = await answer(council, { noticeId, answer: 'accept', name: 'A Council' })
    expect(sent.status, sent.text).toBe(200)
    expect(sent.text).toContain('975821000000109')
    await expect
      .poll(async () => (await dischargeTasks()).map(({ status }) => status), { timeout: 10_000 })
      .toContain('accepted')
  })

  async function dischargeTasks(): Promise<readonly Task[]> {
    const [row] = await stack.database.query<{ id: string }>(
      `select c.patient_id as id from contribution c join inbox_message m on m.id = c.inbox_message_id
        where m.control_id = $1 limit 1`,
      [noticeId]
    )
    const { body } = await stack.ask<Bundle>(`Patient/${row?.id}/$everything`)
    return resourcesOf<Task>(body, 'Task')
  }

  test.each([
    ['by another organisation', 403, hospital, { noticeId, answer: 'accept' }],
    ['that never came', 404, council, { noticeId: '00000000-0000-4000-8000-000000000000', answer: 'accept' }],
    ['with neither yes nor no', 400, council, { noticeId, answer: 'maybe' }]
  ])('cannot be answered %s', async (_how, status, organisation, body) => {
    expect((await answer(organisation, body)).status).toBe(status)
  })

  test.each([
    ['of somebody else', 403, council, notice],
    ['that is no notice', 400, hospital, () => Buffer.from('<Bundle xmlns="http://hl7.org/fhir"/>')],
    ['in another encoding', 400, hospital, () => Buffer.from(notice().toString('utf8'), 'utf16le')]
  ])('%s is answered, and not kept', async (_what, status, organisation, bytes) => {
    const before = await newest(stack)
    expect((await post('/adw', 'application/fhir+xml', organisation, bytes())).status).toBe(status)
    expect(await newest(stack)).toBe(before)
  })
})
