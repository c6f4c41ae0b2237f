import {
  type CodeableConcept,
  type Coding,
  defined,
  type Encounter,
  type EncounterHospitalization,
  type Extension,
  systems,
  ukCoreExtension
} from '@chesil/fhir'
import { type Json, one, some, word } from '../../json.ts'
import { toCoding, toConcept } from '../../stu3/elements/coding.ts'
import { extensionsOf } from '../../stu3/elements/extensions.ts'
import { toIdentifier } from '../../stu3/elements/identifiers.ts'
import { targets, toReference } from '../../stu3/elements/references.ts'
import type { Item } from '../../stu3/item.ts'
import { toEncounter } from '../../stu3/resources/encounter.ts'
import { renameSystems } from '../care-connect-systems.ts'

/** Its codes are v3-ActCode's; the second is how the ITK3 specification writes it. */
const isClass = (system: string | undefined): boolean => /v3[/-]Act(Encounter)?Code/.test(system ?? '')
const ambulatory = new Set(['AMB', 'VR', 'HH', 'FLD'])

/** An attendance at a hospital, or a stay in it, rather than a consultation elsewhere. */
export function isHospital(source: Json): boolean {
  const code = word(one(source['class'])?.['code'])
  return one(source['hospitalization']) !== undefined || (code !== undefined && !ambulatory.has(code))
}

/** @see https://simplifier.net/hl7fhirukcorer4/ukcore-encounter */
export function toAttendance(source: Json, item: Item): Encounter {
  const found = extensionsOf(source)
  const stay = one(source['hospitalization'])
  return defined({
    ...toEncounter(source, item),
    extension: some([
      ...toExtensions(['EmergencyCareDischargeStatus', 'OutcomeOfAttendance', 'LegalStatus'], found, item),
      ...toExtensions(['AdmissionMethod', 'DischargeMethod'], found, item)
    ]),
    class: toClass(source, item),
    hospitalization: stay && toHospitalization(stay, item)
  })
}

/** R4 wants a class. One that is not stated is only known for a consultation. */
function toClass(source: Json, item: Item): Coding {
  const stated = one(source['class'])
  const coding = stated && toCoding(stated, 'Class', item)
  if (coding) return isClass(coding.system) ? { ...coding, system: systems.actCode } : coding
  if (!isHospital(source)) return { system: systems.actCode, code: 'AMB', display: 'ambulatory' }
  item.unread.push('Class was not recorded')
  return { system: systems.actCode, code: 'IMP', display: 'inpatient encounter' }
}

function toHospitalization(source: Json, item: Item): EncounterHospitalization | undefined {
  const number = one(source['preAdmissionIdentifier'])
  const stay = defined({
    extension: some(toExtensions(['AdmissionMethod', 'DischargeMethod'], extensionsOf(source), item)),
    preAdmissionIdentifier: number && toIdentifier(number, item),
    origin: toReference(source['origin'], item, targets('Location')),
    admitSource: toStay(source['admitSource'], 'Admitted from', item),
    reAdmission: toConcept(source['reAdmission'], 'Readmission', item),
    destination: toReference(source['destination'], item, targets('Location', 'Organization')),
    dischargeDisposition: toStay(source['dischargeDisposition'], 'Discharge destination', item)
  })
  return Object.keys(stay).length > 0 ? stay : undefined
}

const toExtensions = (
  names: readonly string[],
  found: ReadonlyMap<string, readonly Json[]>,
  item: Item
): Extension[] =>
  names.flatMap((name) => {
    const stated = found.get(name.toLowerCase())?.[0]?.['valueCodeableConcept']
    const valueCodeableConcept = toStay(stated, name.replaceAll(/(?<=[a-z])(?=[A-Z])/g, ' '), item)
    return valueCodeableConcept ? [{ url: ukCoreExtension(name), valueCodeableConcept }] : []
  })

const toStay = (value: unknown, label: string, item: Item): CodeableConcept | undefined =>
  renameSystems(toConcept(value, label, item))
