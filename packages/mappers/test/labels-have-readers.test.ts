import { findRoleRights, maySeeType, mayView, type RoleRights } from '@chesil/care-record'
import type { Resource } from '@chesil/fhir'
import { describe, expect, test } from 'vitest'
import { type CldRow, careOf, careToPart } from '../src/index.ts'
import type { SensitiveLabel } from '../src/sensitive-words.ts'
import { entry, landed, notice, tell as tellAdw } from './adw/message.ts'
import { row } from './cld/reading.ts'
import { alert, answer, context, group, posted, tell as tellPrsb } from './prsb/answering.ts'

/** One of each role that may see a label. */
const readers = ['R8000', 'R8014'].map((code) => findRoleRights(code) as RoleRights)

/** Words that call for a label. */
const words: Readonly<Record<SensitiveLabel, string>> = {
  safeguarding: 'Safeguarding concern',
  'home-warning': 'Large dog, two to visit',
  'substance-misuse': 'Drug and alcohol rehabilitation',
  asylum: 'Asylum seeker accommodation',
  prison: 'HMP Portland'
}

/** In all places where extracts have words of the council's own. */
function fromExtract(said: string): readonly Resource[] {
  const everywhere = {
    Event_Description: said,
    Provider_CQC_Location_Name: said,
    Provider_CQC_Location_ID: '',
    Primary_Support_Reason: said,
    Visual_Impairment: said,
    Service_Component: said,
    Review_Reason: said,
    Request_Route_of_Access: said
  }
  const other = { Event_End_Date: '2025-05-01', Event_Start_Date: '2025-04-20' }
  const rows: readonly CldRow[] = [
    row(everywhere),
    row({ ...everywhere, Service_Component: 'Equipment' }),
    ...['Request', 'Assessment', 'Review'].map((Event_Type) => row({ ...everywhere, ...other, Event_Type }))
  ]
  const submission = { id: 's1', period: { start: '2025-04-01', end: '2025-06-30' }, sequence: 1 }
  const events = careOf([submission], [{ submissionId: 's1', rows }])
  const local = { system: 'https://council.example/person', value: 'P1' }
  return careToPart(local, events, context).contribution.entries.flatMap(({ resource }) => resource ?? [])
}

function fromNotice(said: string): readonly Resource[] {
  const questions = `<status value="completed"/><group><question><text value="${said}"/><answer><valueBoolean value="true"/></answer></question></group>`
  const xml = notice({
    description: `<description value="${said}"/>`,
    entries: [entry('QuestionnaireResponse', 'q', questions)]
  }).replace('Collier Ward', said)
  return tellAdw(xml).contribution.entries.map((told) => landed(told) as unknown as Resource)
}

function fromForm(said: string): readonly Resource[] {
  const headings = [
    'Care and support plan',
    'Personal contacts',
    'Professional contacts',
    'Services and care',
    'Risks',
    'About me'
  ]
  const json = posted([
    alert(said),
    ...headings.map((heading) => group(heading, group(said, answer('Name', said)), answer('Name', said)))
  ])
  return tellPrsb(json).contribution.entries.flatMap(({ resource }) => resource ?? [])
}

const labelsOf = ({ meta }: Resource): readonly string[] =>
  meta?.security?.map(({ code }) => code ?? '') ?? []

describe.each(Object.entries(words))('what is labelled %s', (label, said) => {
  test.each([
    ['an extract', fromExtract, ['EpisodeOfCare', 'Flag', 'Organization', 'ServiceRequest', 'Task']],
    ['a notice', fromNotice, ['Encounter', 'Task']],
    ['a form', fromForm, ['Flag', 'QuestionnaireResponse']]
  ] as const)('of %s has a reader in each type', (_what, make, types) => {
    const found = make(said).filter((resource) => labelsOf(resource).length > 0)
    expect(new Set(found.map(({ resourceType }) => resourceType)).isSupersetOf(new Set(types))).toBe(true)
    for (const resource of found) {
      const labels = new Set(labelsOf(resource))
      expect([...labels]).toEqual([label])
      const able = readers.filter(
        (rights) => maySeeType(rights, resource.resourceType) && mayView(labels, rights.labels)
      )
      expect([resource.resourceType, able.length > 0]).toEqual([resource.resourceType, true])
    }
  })
})

test('several labels together have a reader', () => {
  const all = Object.values(words).join('. ')
  const rights = readers[1] as RoleRights
  for (const resource of [...fromExtract(all), ...fromNotice(all), ...fromForm(all)]) {
    expect([resource.resourceType, maySeeType(rights, resource.resourceType)]).toEqual([
      resource.resourceType,
      true
    ])
    expect(mayView(new Set(labelsOf(resource)), rights.labels)).toBe(true)
  }
})
