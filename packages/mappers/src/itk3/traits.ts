import { systems } from '@chesil/fhir'
import { isJson, type Json, many, text, uri, word } from '../json.ts'
import { extensionsOf } from '../stu3/elements/extensions.ts'
import type { Itk3Message } from './message.ts'

/** What a source's deny-list may speak of; see `DenyList` in contracts. */
export interface Itk3Traits {
  /** Codes of the document's type, class and events, whatever their system. */
  readonly documentTypes: readonly string[]
  /** NHS Data Dictionary codes. */
  readonly treatmentFunctions: readonly string[]
  /** Names and identifiers of places. */
  readonly locations: readonly string[]
  /** Words of care settings and specialties: most files say them in SNOMED CT, in whose codes no deny-list is written. */
  readonly settings: readonly string[]
}

/** Specialties are said in the Data Dictionary's codes and in SNOMED CT; a deny-list knows the former. */
const isTreatmentFunction = (system: string | undefined): boolean =>
  /treatment[-_]?function|main[-_]?specialty|specialty/i.test(system ?? '')

export function itk3Traits({ composition, entries }: Itk3Message): Itk3Traits {
  const document = composition?.source ?? {}
  const ofType = (...types: readonly string[]) =>
    entries.filter(({ type }) => types.includes(type)).map(({ source }) => source)
  const settings = [document, ...ofType('Encounter', 'EpisodeOfCare')].flatMap((source) => [
    ...[...extensionsOf(source).values()].flat().map((extension) => extension['valueCodeableConcept']),
    ...['type', 'serviceType', 'specialty'].map((name) => source[name])
  ])
  const specialties = ofType('PractitionerRole', 'HealthcareService', 'ReferralRequest').map(
    (source) => source['specialty']
  )
  const said = [...settings, ...specialties]
  const codings = said.flatMap((concept) => codingsOf(concept))
  return {
    documentTypes: ['type', 'class'].flatMap((name) => codesOf(document[name])).concat(eventCodes(document)),
    treatmentFunctions: codings.flatMap(({ system, code }) =>
      code !== undefined && isTreatmentFunction(system) ? [code] : []
    ),
    locations: ofType('Location').flatMap((source) => namesOf(source)),
    settings: [...new Set(said.flatMap((concept) => wordsOf(concept)))]
  }
}

interface Code {
  readonly system: string | undefined
  readonly code: string | undefined
}

const codingsOf = (value: unknown): Code[] =>
  (Array.isArray(value) ? value : [value])
    .filter(isJson)
    .flatMap((concept) =>
      many(concept['coding']).map((coding) => ({ system: uri(coding['system']), code: word(coding['code']) }))
    )

const wordsOf = (value: unknown): string[] =>
  (Array.isArray(value) ? value : [value])
    .filter(isJson)
    .flatMap((concept) => [
      ...many(concept['coding']).flatMap(({ display }) => text(display) ?? []),
      ...(text(concept['text']) === undefined ? [] : [text(concept['text']) as string])
    ])

const codesOf = (value: unknown): string[] => codingsOf(value).flatMap(({ code }) => code ?? [])

const eventCodes = (document: Json): string[] => many(document['event']).flatMap(({ code }) => codesOf(code))

const namesOf = (source: Json): string[] => [
  ...[text(source['name'])].filter((name) => name !== undefined),
  ...many(source['identifier']).flatMap(({ system, value }) =>
    uri(system) === systems.odsSite ? [] : (text(value) ?? [])
  )
]
