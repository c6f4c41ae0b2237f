import { createValidator } from '@chesil/fhir-validator'
import { findRoleRights, maySeeType } from '@chesil/care-record'
import { expect, test } from 'vitest'
import { careOf, careToPart, eventKey } from '../src/index.ts'
import { row, read as readRow } from './cld/reading.ts'
import { resourceIdOf } from '../../record-store/src/ids.ts'
import { itemsOf, posted, answer, group, labelsOf } from './prsb/answering.ts'
import { notice, tell, after, names, codes, entry } from './adw/message.ts'

const context: any = {
  source: { id: 'dorset-council', odsCode: '810', name: 'Dorset Council', patientNumberSystem: 'https://c.example/n', patientNumberAuthorities: [] },
  receivedAt: '2025-07-05T09:00:00.000Z',
  personId: ({ value }: any) => `p-${value}`,
  resourceId: (t: string, n: string) => resourceIdOf('dorset-council', t, n)
}
const q1 = { id: 's1', period: { start: '2025-04-01', end: '2025-06-30' }, sequence: 1 }
const q2 = { id: 's2', period: { start: '2025-07-01', end: '2025-09-30' }, sequence: 2 }
const roll = { id: 's2', period: { start: '2024-10-01', end: '2025-09-30' }, sequence: 2 }
const map = (subs: any[], sts: any[], value = 'P1') => careToPart({ system: 'https://c.example/n', value }, careOf(subs, sts), context)
const res = (p: any, type?: string) => p.contribution.entries.flatMap((e: any) => (!type || e.resourceType === type ? [e.resource] : []))
const show = (n: string, v: unknown) => console.log(`\n### ${n}\n`, JSON.stringify(v, null, 1))

test('P1 collision', () => {
  const a = map([q1], [{ submissionId: 's1', rows: [row()] }], 'P1')
  const b = map([q1], [{ submissionId: 's1', rows: [row({ NHS_Number: '', LA_Person_Unique_Identifier: 'P2' })] }], 'P2')
  const ids = new Map(a.contribution.entries.map((e: any) => [e.resource.id, e.resource.patient?.reference ?? e.resource.subject?.reference ?? e.resourceType]))
  show('P1 same ids', b.contribution.entries.filter((e: any) => ids.has(e.resource.id)).map((e: any) => [e.resourceType, e.sourceResourceId, ids.get(e.resource.id), (e.resource as any).patient?.reference ?? (e.resource as any).subject?.reference]))
})
test('P2 needs', () => {
  for (const c of [{ Visual_Impairment: 'Blind/severely sight impaired' }, { Hearing_Impairment: 'Deaf with speech' }, { Visual_Impairment: 'Registered blind' }])
    show('P2 ' + JSON.stringify(c), res(map([q1], [{ submissionId: 's1', rows: [row(c)] }]), 'Flag').length)
  const r = [row({ Dementia: 'Yes' }), row({ Client_Type: 'Unpaid carer', Event_Type: 'Assessment', Assessment_Type: 'Unpaid carer assessment', Event_Start_Date: '2025-05-01', Event_End_Date: '2025-05-05', Primary_Support_Reason: 'Social support: Support to unpaid carer' })]
  const p = map([q1], [{ submissionId: 's1', rows: r }])
  show('P2b carer too: flags, psr', [res(p, 'Flag').length, res(p, 'Observation').map((o: any) => o.valueCodeableConcept.text)])
})
test('P3 death retracted', () => {
  const p = map([q1, q2], [{ submissionId: 's1', rows: [row({ Date_of_Death: '2025-06-10' })] }, { submissionId: 's2', rows: [row()] }])
  const e = res(p, 'EpisodeOfCare')[0]
  show('P3', [e.status, e.period, e.text.div])
})
test('P4 death told later', () => {
  const as = { Event_Type: 'Assessment', Assessment_Type: 'Long term assessment', Event_Start_Date: '2025-06-01', Event_End_Date: '2025-06-20' }
  const p = map([q1, roll], [{ submissionId: 's1', rows: [row(as)] }, { submissionId: 's2', rows: [row({ ...as, Date_of_Death: '2025-06-10' })] }])
  show('P4', res(p, 'Task').map((t: any) => [t.status, t.executionPeriod, t.text.div]))
  const late = map([q1, q2], [{ submissionId: 's1', rows: [row({ Event_Start_Date: '2025-06-20' })] }, { submissionId: 's2', rows: [row({ Event_Type: 'Review', Event_Start_Date: '2025-05-01', Event_End_Date: '2025-07-02', Date_of_Death: '2025-06-10' })] }])
  show('P4b begun after death told elsewhere', res(late, 'EpisodeOfCare').map((t: any) => [t.status, t.period, t.text.div, t.meta.tag]))
})
test('P5 R1 to R2', () => {
  const rq = { Event_Type: 'Request', Event_Start_Date: '2025-06-01', Event_End_Date: '2025-06-20' }
  const as = { Event_Type: 'Assessment', Event_Start_Date: '2025-06-01', Event_End_Date: '2025-06-20' }
  const p = map([q1, roll], [
    { submissionId: 's1', rows: [row({ ...rq, Request_Route_of_Access: 'Community / Other route' }), row({ ...as, Client_Type: 'Carer', Assessment_Type: 'Carers Assessment' })] },
    { submissionId: 's2', rows: [row({ ...rq, Request_Route_of_Access: 'Community or other route' }), row({ ...as, Client_Type: 'Unpaid carer', Assessment_Type: 'Unpaid carer assessment' })] }])
  show('P5', [...res(p, 'ServiceRequest'), ...res(p, 'Task')].map((t: any) => t.text.div))
})
test('P6 units', () => {
  for (const c of [
    { Delivery_Mechanism: 'Direct payment', Planned_units_per_week: '0.25', Cost_Frequency_Unit_Type: '4-weekly', Provider_CQC_Location_Name: '' },
    { Service_Component: 'Day support', Planned_units_per_week: '3', Cost_Frequency_Unit_Type: 'Per session' },
    { Service_Component: 'Reablement', Planned_units_per_week: '1', Cost_Frequency_Unit_Type: 'Weekly' },
    { Planned_units_per_week: '-3' }])
    show('P6', res(map([q1], [{ submissionId: 's1', rows: [row(c)] }]), 'EpisodeOfCare')[0].text.div)
})
test('P7 same key', () => {
  const eq = { Service_Component: 'Equipment', Event_Start_Date: '2025-05-01', Event_End_Date: '2025-05-01' }
  const p = map([q1], [{ submissionId: 's1', rows: [row({ ...eq, Event_Description: 'Hospital bed' }), row({ ...eq, Event_Description: 'Commode' }), row({ Provider_CQC_Location_Name: 'A', Event_Description: 'First of two staff' }), row({ Provider_CQC_Location_Name: 'B', Planned_units_per_week: '7', Event_Description: 'Second of two staff' })] }])
  show('P7', [...res(p, 'Device').map((d: any) => [d.note, d.meta.tag]), ...res(p, 'EpisodeOfCare').map((d: any) => d.text.div)])
})
test('P8 labels', () => {
  for (const c of [
    { Event_Type: 'Request', Request_Route_of_Access: 'Prison', Event_End_Date: '2024-02-01' },
    { Event_Type: 'Review', Review_Reason: 'Unplanned - Safeguarding concern', Event_End_Date: '2024-02-01' },
    { Event_Type: 'Request', Event_Description: 'Large dog: two to visit, weapons seen', Event_End_Date: '2024-02-01' },
    { Service_Component: 'Drug and alcohol rehabilitation' },
    { Service_Component: 'Asylum seeker accommodation' },
    { Service_Type: 'Long term support: Prison', Provider_CQC_Location_Name: 'HMP Portland' },
    { Accommodation_Status: 'Prison, young offenders institution or detention centre', Assessment_Type: 'Prison assessment', Event_Type: 'Assessment', Event_End_Date: '2024-02-01' },
    { Event_Description: 'Morning visit; husband is in prison' }
  ]) {
    const p = map([q1], [{ submissionId: 's1', rows: [row(c)] }])
    show('P8 ' + JSON.stringify(c), res(p).filter((r: any) => r.resourceType !== 'Observation').map((r: any) => [r.resourceType, r.meta.security?.map((s: any) => s.code), r.text?.div ?? r.name, r.note]))
  }
})
test('P9 ADW safeguarding', () => {
  const q = entry('QuestionnaireResponse', 'q', '<group><question><text value="Are there any safeguarding concerns associated with the patient?"/><answer><valueCoding><code value="Y"/><display value="Yes"/></valueCoding></answer></question></group>')
  const t = after([notice({ entries: [q], description: '<description value="Son hits her; safeguarding enquiry open. Dog, two to visit. Released from prison."/>' })])[names.assessment]
  show('P9', [t?.['input'], t?.['note'], t?.['meta']])
})
test('P10 PRSB', () => {
  const d = posted([
    group('Primary support reason', group('Primary support reason record entry', answer('Primary support reason', 'Social support: Asylum seeker support'))),
    group('Social context', answer('Drug/substance use', 'Injects heroin'), answer('Accommodation status', 'Prison')),
    group('Risks', group('Risks', answer('Risk', 'Alcohol misuse; released from prison'))),
    group('Alerts', group('Alerts record entry', answer('Alert', 'Aggressive Rottweiler; double-up visits only; no lone visits')))
  ])
  for (const t of ['QuestionnaireResponse', 'Flag', 'Condition']) show('P10 ' + t, itemsOf(d, t).map((i: any) => [labelsOf(i), JSON.stringify(i.item ?? i.code)]))
})
test('P11 service description', () => {
  const e = res(map([q1], [{ submissionId: 's1', rows: [row({ Event_Description: 'Key safe 4 visits; husband in prison', Total_Hrs_Caring_per_week: '35' })] }]), 'EpisodeOfCare')[0]
  show('P11', [e.meta.security, JSON.stringify(e).includes('Key safe')])
  const r = map([q1], [{ submissionId: 's1', rows: [row({ Event_Type: 'Review', Event_End_Date: '2025-05-01', Event_Outcome: 'Continuation of support or services', Review_Outcomes_Achieved: 'Not achieved' }), row({ Event_Type: 'Assessment', Event_End_Date: '2025-05-01', Eligible_Needs_Identified: 'Yes', Method_of_Assessment: 'Telephone' })] }])
  show('P11b', [JSON.stringify(r).includes('Not achieved'), JSON.stringify(r).includes('Telephone'), JSON.stringify(r).match(/Eligible/)])
})
test('P12 validity', () => {
  const v = createValidator()
  for (const c of [
    { Event_Type: 'Review', Review_Reason: 'Planned  review', Event_End_Date: '2024-02-01' },
    { Event_Type: 'Review', Review_Reason: 'Plan\u0000ned\u0001', Event_End_Date: '2024-02-01', Event_Description: 'x\u0000\u0007y' },
    { Event_Type: 'Assessment', Assessment_Type: 'NULL', Event_End_Date: '9999-12-31' },
    { Service_Component: 'a\u0000b' }, { Adult_1_Linked_Person_ID: 'a\u0000' }, { Provider_CQC_Location_ID: 'NULL', Provider_CQC_Location_Name: 'NULL' }
  ]) {
    const p = map([q1], [{ submissionId: 's1', rows: [row(c)] }])
    show('P12 ' + JSON.stringify(c), [res(p).flatMap((r: any) => v.validate(r).map((i: any) => [r.resourceType, JSON.stringify(i).slice(0, 220)])), res(p)[1].text?.div ?? res(p)[1].resourceType])
  }
})
test('P14 missing assessment words', () => {
  const as = { Event_Type: 'Assessment', Assessment_Type: 'Long term assessment', Event_Start_Date: '2025-06-01', Event_End_Date: '2025-06-20' }
  const p = map([q1, roll], [{ submissionId: 's1', rows: [row(as), row({ Event_Start_Date: '2025-08-01' })] }])
  show('P14', [...res(p, 'Task'), ...res(p, 'EpisodeOfCare')].map((t: any) => [t.status, t.text.div, t.extension]))
})
test('P15 roles', () => {
  for (const [n, c] of [['clinician', 'R8000'], ['social', 'R8014']] as const) {
    const r = findRoleRights(c)!
    show('P15 ' + n, { Observation: maySeeType(r, 'Observation'), QR: maySeeType(r, 'QuestionnaireResponse'), asylum: r.labels.has('asylum') })
  }
})
test('P16 annual correction against quarter', () => {
  const quarter = { id: 's1', period: { start: '2025-01-01', end: '2025-03-31' }, sequence: 1 }
  const annual = { id: 's2', period: { start: '2024-04-01', end: '2025-03-31' }, sequence: 2 }
  show('P16', careOf([quarter, annual], [{ submissionId: 's1', rows: [row()] }, { submissionId: 's2', rows: [row({ Event_End_Date: '2025-02-01', Planned_units_per_week: '21' })] }]).map((e) => [e.row.end, e.row.values.Planned_units_per_week, e.missingAt]))
  show('P16b annual lists, quarter does not', careOf([quarter, annual], [{ submissionId: 's2', rows: [row()] }]).map((e) => [e.asAt, e.missingAt]))
})
