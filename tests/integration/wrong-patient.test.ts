import { hl7v2ToContributions, type MessageContext } from '@chesil/mappers'
import { personIdOf, readEntryHistory, resourceIdOf } from '@chesil/record-store'
import { expect, test } from 'vitest'
import { apply } from '../support/contributions.ts'
import { createTrust, local } from '../support/messages.ts'
import { useDatabase } from '../support/store.ts'

const { database: db } = useDatabase()
const trust = createTrust(db)

const context: MessageContext = {
  source: {
    id: trust.sourceId,
    odsCode: 'RXX',
    name: 'A trust',
    patientNumberSystem: local('').system,
    patientNumberAuthorities: ['PAS']
  },
  receivedAt: '2026-11-22T09:00:00.000Z',
  personId: personIdOf,
  resourceId: (type, name) => resourceIdOf(trust.sourceId, type, name)
}

/** Words that stand in the items of the message below, and nowhere else. */
const wrongWords = 'Gastric lavage'

/** One result and one file of a report. */
function report(
  number: string,
  minute: number,
  { obr = 'F', obx = 'F' }: { obr?: string; obx?: string } = {}
) {
  const at = `2026110110${String(minute).padStart(2, '0')}00`
  return [
    `MSH|^~\\&|LAB|RXX|CHESIL||${at}||ORU^R01|${number}${minute}|P|2.5.1`,
    `PID|1||${number}^^^PAS^MR||WEIR^Ada||19500421|2`,
    `OBR|1|P${number}|F${number}|HIS^${wrongWords}^L|||202611010800${'|'.repeat(15)}${at}||HM|${obr}`,
    `OBX|1|TX|FIND^Finding^L||${wrongWords}||||||${obx}`,
    `OBX|2|ED|FILE^${wrongWords}^L||^IM^PDF^Base64^JVBERi0xLjQK||||||${obx}`
  ].join('\r')
}

async function say(text: string): Promise<void> {
  const mapped = hl7v2ToContributions(text, context)
  if (mapped.outcome === 'refused') throw new Error(mapped.reason)
  for (const part of mapped.parts)
    expect(await apply(db(), await trust.send(part, Date.parse(mapped.sourceTime)))).toEqual(['applied'])
}

/** Every wording that a reader can ask for of the person's items of those types: now, and in their history. */
async function readable(number: string, types: readonly string[]): Promise<string[]> {
  const patientId = personIdOf(local(number))
  const items = await db().query<{ id: string; type: string }>(
    'select resource_id as id, resource_type as type from source_resource where patient_id = $1',
    [patientId]
  )
  const asked = items.filter(({ type }) => types.includes(type))
  expect(asked).toHaveLength(types.length)
  const histories = await Promise.all(asked.map(({ id }) => readEntryHistory(db(), patientId, id, 'system')))
  return histories.flat().flatMap(({ entry }) => (entry ? [entry.body] : []))
}

const ofResults = ['Observation', 'DocumentReference', 'Binary']
let numbers = 0

test.each([
  ['results', { obx: 'W' }, ofResults],
  ['a whole report', { obr: 'W' }, ['DiagnosticReport', ...ofResults]]
])('of %s that are of the wrong patient no earlier wording can be read', async (_, withdrawn, types) => {
  const number = `W${++numbers}`
  await say(report(number, 1))
  await say(report(number, 2, { obr: 'C', obx: 'C' }))
  expect((await readable(number, types)).length).toBeGreaterThan(types.length)
  await say(report(number, 3, withdrawn))
  expect(await readable(number, types)).toEqual([])
  const left = await db().query(
    `select resource_id from view_entry where patient_id = $1 and resource_type = any ($2)
     union all select resource_id from item_event join source_resource using (patient_id, resource_id)
      where patient_id = $1 and resource_type = any ($2) and body like $3`,
    [personIdOf(local(number)), types, `%${wrongWords}%`]
  )
  expect(left).toEqual([])
})

test.each([
  ['results', { obx: 'D' }, ofResults],
  ['a whole report', { obr: 'D' }, ['DiagnosticReport', ...ofResults]]
])('%s that were deleted keep their history', async (_, withdrawn, types) => {
  const number = `D${++numbers}`
  await say(report(number, 1))
  await say(report(number, 2, withdrawn))
  expect(await readable(number, types)).toHaveLength(types.length)
})
