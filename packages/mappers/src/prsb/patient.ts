import type { ClaimedSubject, ContributionEntry } from '@chesil/contracts'
import { chesil, defined, findNhsNumber, type Patient, systems } from '@chesil/fhir'
import { itemMeta } from '../item-meta.ts'
import type { BundleEntry } from '../itk3/bundle-entries.ts'
import { type Json, many, uri } from '../json.ts'
import { toDiv } from '../paragraphs.ts'
import { labelled } from '../sensitive-words.ts'
import type { Item } from '../stu3/item.ts'
import { nhsNumbersIn } from '../stu3/person.ts'
import { toPatient } from '../stu3/resources/patient.ts'
import { toLabels } from './answer.ts'
import type { Document } from './document.ts'

/** The person as the source knows them: who they are, applying decides. They are the same in all its documents. */
export function patientToEntry(
  patient: BundleEntry,
  { local }: ClaimedSubject,
  document: Document
): ContributionEntry {
  const { context } = document
  const item = toItem(patient, document)
  const { resourceType, link: _, ...body } = toPatient(asSpelt(patient.source), item)
  const sourceResourceId = `Patient/${local.system}|${local.value}`
  const tags = item.unread.length > 0 ? (['sourceClaim', 'degraded'] as const) : (['sourceClaim'] as const)
  const security = [...document.security, ...toLabels(patient.source['meta'])]
  const meta = itemMeta(context.source, 'Patient', ['demographics'], tags)
  const identifier = body.identifier?.map((one) => asClaimed(one, context.source.odsCode))
  const resource = labelled<Patient>({
    resourceType,
    id: context.resourceId('Patient', sourceResourceId),
    meta: security.length > 0 ? { ...meta, security } : meta,
    ...(item.unread.length > 0 && {
      text: { status: 'additional' as const, div: toDiv([...new Set(item.unread)]) }
    }),
    ...body,
    ...defined({ identifier })
  })
  return { resourceType, sourceResourceId, resource, sections: ['demographics'] }
}

type Identifier = NonNullable<Patient['identifier']>[number]

/** A number that fails its check digit is not an NHS number: it stays as what the sender claims. */
function asClaimed(identifier: Identifier, odsCode: string): Identifier {
  if (identifier.system !== systems.nhsNumber) return identifier
  const value = findNhsNumber(identifier.value ?? '')
  return value === undefined
    ? defined({ system: chesil.claimedNhsNumber(odsCode), value: identifier.value })
    : { ...identifier, value }
}

/** Its elements are those of STU3; its extensions, under UK Core's names, are read under those they had there. */
const asSpelt = (source: Json): Json => ({
  ...source,
  extension: many(source['extension']).map((extension) => ({
    ...extension,
    url: uri(extension['url'])?.replace('/Extension-UKCore-', '/Extension-CareConnect-')
  }))
})

/** The Patient in the shape in which the common mappers take it, with nothing beside it. */
function toItem({ type, id, fullUrl, source }: BundleEntry, { context, personId, today }: Document): Item {
  return {
    type,
    source,
    answer: {
      context: { source: context.source, patientId: personId, resourceId: context.resourceId },
      person: {
        sourceId: id ?? '',
        fullUrl,
        findBase: () => undefined,
        nhsNumbers: new Set(nhsNumbersIn(source['identifier']))
      },
      strangers: new Set(),
      asAtDay: today,
      items: [],
      named: new Map(),
      endedAllergies: new Set(),
      lastIssues: new Map()
    },
    kind: undefined,
    sourceResourceId: '',
    id: '',
    container: undefined,
    inside: false,
    withheld: undefined,
    unread: [],
    links: [],
    insiders: new Set(),
    sections: 0
  }
}
