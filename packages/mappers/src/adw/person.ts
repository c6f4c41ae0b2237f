import type { ClaimedSubject } from '@chesil/contracts'
import { chesil, type OdsCode } from '@chesil/fhir'
import type { BundleEntry } from '../itk3/bundle-entries.ts'
import { toClaimedSubject as toSubject } from '../itk3/person.ts'
import { type Json, many, texts, uri, word } from '../json.ts'
import type { MessageContext } from '../message-context.ts'
import type { AdwMessage } from './message.ts'
import { hospitalOf, odsCodeOf } from './organisations.ts'
import { findTarget } from './references.ts'

/** All hospitals use it: without whose number it is, it tells nobody apart. */
export const anyHospital = 'https://fhir.nhs.uk/Id/local-patient-identifier'

/**
 * The Patient whom the message is about: the only one in it, and whom request and stay name, where they name anybody.
 *
 * @returns `undefined` where that is nobody, or cannot be told.
 */
export function findPatient({ entries, referral, encounter }: AdwMessage): BundleEntry | undefined {
  const inside = entries.flatMap((entry) =>
    many(entry.source['contained'])
      .filter(({ resourceType }) => resourceType === 'Patient')
      .map((source) => ({ type: 'Patient', id: `#${word(source['id'])}`, fullUrl: undefined, source }))
  )
  const [only, ...others] = [...entries.filter(({ type }) => type === 'Patient'), ...inside]
  if (!only || others.length > 0) return undefined
  const isMeant = [referral, encounter].every((item) => {
    const named = item?.source['patient']
    return !item || named === undefined || findTarget(named, 'Patient', item, entries)?.source === only.source
  })
  return isMeant ? only : undefined
}

/**
 * Whom the message says it is about. A number is the hospital's that gave it, also in a council's answer, so that
 * a notice and its answer are about one person.
 *
 * @returns `undefined` for somebody without any number: nothing would tell them from others.
 */
export function toClaimedSubject(
  patient: BundleEntry,
  message: AdwMessage,
  context: MessageContext
): ClaimedSubject | undefined {
  const identifiers = many(patient.source['identifier'])
  const { patientNumberSystem: named } = context.source
  const isNamed = identifiers.some(({ system }) => uri(system) === named)
  const hospital = hospitalOf(message)
  const system = isNamed || hospital === undefined ? named : numberSystem(hospital, context)
  const source: Json = {
    ...patient.source,
    identifier: identifiers.map((identifier) =>
      withOwner(identifier, { patient, message, hospital, context })
    ),
    name: many(patient.source['name']).map(withOneFamily)
  }
  return toSubject(
    { ...patient, source },
    { ...context, source: { ...context.source, patientNumberSystem: system } }
  )
}

const numberSystem = (hospital: OdsCode, { source }: MessageContext): string =>
  hospital === source.odsCode || source.patientNumberAuthorities.includes(hospital)
    ? source.patientNumberSystem
    : chesil.patientNumber(hospital)

interface Owning {
  readonly patient: BundleEntry
  readonly message: AdwMessage
  readonly hospital: OdsCode | undefined
  readonly context: MessageContext
}

function withOwner(identifier: Json, { patient, message, hospital, context }: Owning): Json {
  if (uri(identifier['system']) !== anyHospital) return identifier
  const assigner = findTarget(identifier['assigner'], 'Organization', patient, message.entries)
  const owner = (assigner && odsCodeOf(assigner)) ?? hospital
  return owner === undefined ? identifier : { ...identifier, system: numberSystem(owner, context) }
}

/** DSTU2 has a family name in parts; R4 in one. */
const withOneFamily = (name: Json): Json => ({ ...name, family: texts(name['family']).join(' ') })
