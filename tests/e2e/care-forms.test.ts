import type { PrsbSender, SourceCatalogue } from '@chesil/contracts'
import { type Bundle, chesil } from '@chesil/fhir'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type CareForm, careForms, formJson } from '../support/care-forms.ts'
import { settledOf } from '../support/file-outcomes.ts'
import { resourcesOf, type SandboxPerson, type Stack, startStack } from '../support/stack.ts'

const council = {
  id: 'council-forms',
  kind: 'prsb',
  odsCode: 'E10',
  name: 'A council',
  releaseStage: 'live',
  retention: 'store',
  agreement: 'test'
} as const satisfies PrsbSender

let stack: Stack
let person: SandboxPerson
let patientId: string

beforeAll(async () => {
  stack = await startStack({
    catalogue: (catalogue): SourceCatalogue => ({ ...catalogue, sources: [...catalogue.sources, council] })
  })
  const known = (await stack.people()).find(({ kind }) => kind === 'ordinary')
  const id = known && (await stack.findPerson(known.nhsNumber))
  if (!known || id === undefined) throw new Error('Nobody is there')
  person = known
  patientId = id
  for (const form of careForms) await send(form)
}, 60_000)
afterAll(() => stack?.stop())

/** Posts a form and waits until it is in the record. */
async function send(form: CareForm, changes: Readonly<Record<string, unknown>> = {}): Promise<void> {
  const token = await stack.issueToken({ scope: 'system/MessageHeader.c', organisation: council.odsCode })
  const response = await fetch(`${stack.service('social-care-adapter').url}/prsb`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/fhir+json' },
    body: formJson(form, { ...person, given: person.name.split(' ')[0] ?? '' }, changes)
  })
  expect([form, response.status]).toEqual([form, 202])
  const { id } = (await response.json()) as { id: string }
  expect(await settledOf(stack, id)).toMatchObject({ parts: [{ sourceId: council.id }], keptOut: {} })
}

/** What a role is shown of the council's forms: the types, and all words. */
async function shownTo(role: string) {
  const token = await stack.issueToken({ role })
  const { body, status } = await stack.ask<Bundle>(`Patient/${patientId}/$everything?_count=1000`, { token })
  const ofCouncil = resourcesOf(body).filter(({ meta }) =>
    meta?.tag?.some(({ system, code }) => system === chesil.source && code === council.id)
  )
  return {
    status,
    types: ofCouncil.map(({ resourceType }) => resourceType),
    words: JSON.stringify(ofCouncil)
  }
}

const open = [
  'My allotment and my cat',
  'Speak slowly, I lip-read',
  'Getting out of bed',
  'Ring the night team',
  'Latex allergy',
  'Ann Marsh',
  'Kim Lee',
  'Home care'
]
const labelled = ['Money taken by a neighbour', 'dog in the hall']
const ofAsylum = 'Asylum seeker support'

test.each([
  { role: 'clinician', shown: [...open, ...labelled], hidden: [ofAsylum] },
  { role: 'social-care-practitioner', shown: [...open, ...labelled, ofAsylum], hidden: [] },
  { role: 'clerical', shown: [], hidden: [...open, ...labelled, ofAsylum] },
  { role: 'data-quality', shown: [], hidden: [...open, ...labelled, ofAsylum] }
])(
  'of three forms $role is shown what the role may see, and nothing else',
  async ({ role, shown, hidden }) => {
    const { words } = await shownTo(role)
    expect(shown.filter((one) => !words.includes(one))).toEqual([])
    expect(hidden.filter((one) => words.includes(one))).toEqual([])
  }
)

test('forms become plans, warnings, people, teams and services beside the answers themselves', async () => {
  const { types } = await shownTo('clinician')
  expect(new Set(types)).toEqual(
    new Set([
      'CarePlan',
      'CareTeam',
      'EpisodeOfCare',
      'Flag',
      'Patient',
      'QuestionnaireResponse',
      'RelatedPerson'
    ])
  )
})

test('a form that was entered in error goes with all that came of it', async () => {
  await send('Core Information Standard', { status: 'entered-in-error', authored: '2025-11-21T10:00:00Z' })
  const { types, words } = await shownTo('clinician')
  expect(types).not.toContain('CarePlan')
  expect(words).not.toContain('Ring the night team')
  expect(words).toContain('My allotment and my cat')
})
