import { type CodeableConcept, defined, type Extension, type PatientCommunication } from '@chesil/fhir'
import { flag, type Json, many } from '../../json.ts'
import { toConcept } from '../elements/coding.ts'
import { extensionsOf } from '../elements/extensions.ts'
import type { Item } from '../item.ts'

/**
 * CareConnect's NHSCommunication extension. Its language codes are those of ISO 639, which R4 wants as
 * BCP 47, and some of the NHS's own.
 *
 * @see https://hl7.org/fhir/R4/valueset-languages.html
 */
export function toLanguage(extension: Json, item: Item): CodeableConcept | undefined {
  const stated = extensionsOf(extension).get('language')?.[0]?.['valueCodeableConcept']
  const language = toConcept(stated, 'Language', item)
  for (const coding of language?.coding ?? []) {
    if (/^[a-z]{2,3}$/.test(coding.code ?? '')) coding.system = 'urn:ietf:bcp:47'
  }
  return language
}

export function toCommunication(extension: Json, item: Item): PatientCommunication | undefined {
  const language = toLanguage(extension, item)
  if (language === undefined) return undefined
  const preferred = flag(extensionsOf(extension).get('preferred')?.[0]?.['valueBoolean'])
  return defined({ extension: toProficiencies(extension, item), language, preferred })
}

const proficiency = 'http://hl7.org/fhir/StructureDefinition/patient-proficiency'
const modes = 'http://terminology.hl7.org/CodeSystem/v3-LanguageAbilityMode'
const levels = 'http://terminology.hl7.org/CodeSystem/v3-LanguageAbilityProficiency'

/** How well the person speaks, reads or writes it: one extension for each way. */
function toProficiencies(extension: Json, item: Item): Extension[] | undefined {
  const parts = extensionsOf(extension)
  const level = toParts('level', parts.get('communicationproficiency'), levels, item)
  const ways = toParts('type', parts.get('modeofcommunication'), modes, item)
  if (ways.length === 0) return level.length > 0 ? [{ url: proficiency, extension: level }] : undefined
  return ways.map((way) => ({ url: proficiency, extension: [...level, way] }))
}

function toParts(
  url: string,
  extensions: readonly Json[] | undefined,
  system: string,
  item: Item
): Extension[] {
  return many(extensions).flatMap((extension) => {
    const [coding] = toConcept(extension['valueCodeableConcept'], 'Language ability', item)?.coding ?? []
    return coding ? [{ url, valueCoding: { ...coding, system } }] : []
  })
}
