import { hl7v2ToContributions, type MessageContext } from '@chesil/mappers'
import { personIdOf, readEntryHistory, resourceIdOf, saveDocuments } from '@chesil/record-store'
import { describe, expect, test } from 'vitest'
import { apply } from '../support/contributions.ts'
import { createTrust, local, merge } from '../support/messages.ts'
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

/**
 * One result and one file of a report.
 *
 * @param changes `obx`: the status of each of the two, as far as the message names them. `order`: the laboratory's number.
 */
function report(
  number: string,
  minute: number,
  { obr = 'F', obx = 'FF', order = number }: { obr?: string; obx?: string; order?: string } = {}
) {
  const at = `2026110110${String(minute).padStart(2, '0')}00`
  const items = [
    `OBX|1|TX|FIND^Finding^L||${wrongWords}||||||`,
    `OBX|2|ED|FILE^${wrongWords}^L||^IM^PDF^Base64^JVBERi0xLjQK||||||`
  ]
  return [
    `MSH|^~\\&|LAB|RXX|CHESIL||${at}||ORU^R01|${number}${minute}|P|2.5.1`,
    `PID|1||${number}^^^PAS^MR||WEIR^Ada||19500421|2`,
    `OBR|1|P${order}|F${order}|HIS^${wrongWords}^L|||202611010800${'|'.repeat(15)}${at}||HM|${obr}`,
    ...[...obx].map((status, at) => `${items[at]}${status}`)
  ].join('\r')
}

async function say(text: string): Promise<void> {
  const mapped = hl7v2ToContributions(text, context)
  if (mapped.outcome === 'refused') throw new Error(mapped.reason)
  for (const part of mapped.parts) {
    const documents = part.documents.map(({ sourceResourceId, contentType, base64 }) => ({
      resourceId: resourceIdOf(trust.sourceId, 'Binary', sourceResourceId),
      contentType,
      bytes: Buffer.from(base64, 'base64')
    }))
    await db().transaction((sql) => saveDocuments(sql, trust.sourceId, documents))
    expect(await apply(db(), await trust.send(part, Date.parse(mapped.sourceTime)))).toEqual(['applied'])
  }
}

/** What waited for something and may be applied again. */
async function applyReady(): Promise<void> {
  const ready = await db().query<{ id: string }>(`select id from contribution where state = 'ready'`)
  for (const { id } of ready) await apply(db(), id)
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
const ofReport = ['DiagnosticReport', ...ofResults]
let numbers = 0
const newNumber = () => `W${++numbers}`

/** The same, and what nobody asks for: earlier entries, and what many messages tell. */
async function kept(number: string, types: readonly string[]): Promise<readonly unknown[]> {
  const home = personIdOf(local(number))
  return await db().query(
    `select resource_id from view_entry where patient_id = $1 and resource_type = any ($2)
     union all select resource_id from item_event join source_resource using (patient_id, resource_id)
      where patient_id = $1 and resource_type = any ($2) and body like $3`,
    [home, types, `%${wrongWords}%`]
  )
}

describe('of what is of the wrong patient no earlier wording can be read', () => {
  const withdrawals = [
    ['results', { obx: 'WW' }, ofResults],
    ['a whole report', { obr: 'W', obx: 'WW' }, ofReport],
    ['a whole report that names no results', { obr: 'W', obx: '' }, ofReport]
  ] as const

  test.each(withdrawals)('%s', async (_, withdrawn, types) => {
    const number = newNumber()
    await say(report(number, 1))
    await say(report(number, 2, { obr: 'C', obx: 'CC' }))
    expect((await readable(number, types)).length).toBeGreaterThan(types.length)
    await say(report(number, 3, withdrawn))
    expect(await readable(number, types)).toEqual([])
    expect(await kept(number, types)).toEqual([])
  })

  test.each(withdrawals)('%s, deleted before', async (_, withdrawn, types) => {
    const number = newNumber()
    await say(report(number, 1))
    await say(report(number, 2, { obr: 'D', obx: 'DD' }))
    await say(report(number, 3, withdrawn))
    expect(await readable(number, types)).toEqual([])
    expect(await kept(number, types)).toEqual([])
  })

  test.each(withdrawals)('%s, shown before its patient was merged', async (_, withdrawn, types) => {
    const [first, middle, last] = [newNumber(), newNumber(), newNumber()]
    await say(report(first, 1))
    for (const [from, into] of [
      [first, middle],
      [middle, last]
    ] as const)
      await trust.say(into, [], { identity: [merge(from, into)] })
    expect((await readable(last, types)).length).toBeGreaterThan(types.length)
    await say(report(last, 3, { ...withdrawn, order: first }))
    expect(await readable(last, types)).toEqual([])
    for (const number of [first, middle, last]) expect(await kept(number, types)).toEqual([])
  })
})

test.each([
  ['results', { obx: 'WW' }, ofResults],
  ['a whole report', { obr: 'W', obx: 'WW' }, ofReport]
])(
  'what was said earlier of %s of the wrong patient is not kept when it arrives late',
  async (_, withdrawn, types) => {
    const number = newNumber()
    await say(report(number, 3, withdrawn))
    await say(report(number, 1))
    expect(await readable(number, types)).toEqual([])
    expect(await kept(number, types)).toEqual([])
  }
)

test.each([
  ['results', { obx: 'DD' }, ofResults],
  ['a whole report', { obr: 'D', obx: 'DD' }, ofReport],
  ['a whole report that names no results', { obr: 'D', obx: '' }, ofReport]
])('%s that were deleted keep their history', async (_, withdrawn, types) => {
  const number = newNumber()
  await say(report(number, 1))
  await say(report(number, 2, withdrawn))
  expect(await readable(number, types)).toHaveLength(types.length)
})

test('a file that was deleted keeps its history when a result of its report is of the wrong patient', async () => {
  const number = newNumber()
  await say(report(number, 1))
  await say(report(number, 2, { obx: 'FD' }))
  await say(report(number, 3, { obx: 'W' }))
  expect(await readable(number, ['DocumentReference', 'Binary'])).toHaveLength(2)
})

test('a result that was deleted does not come back when it turns out late to be of the wrong patient', async () => {
  const number = newNumber()
  await say(report(number, 1))
  await say(report(number, 4, { obx: 'DD' }))
  await say(report(number, 2, { obx: 'WW' }))
  await say(report(number, 3))
  expect(await readable(number, ['Observation'])).toEqual([])
})

describe('the right patient', () => {
  test.each([
    ['is told before the wrong one is', [2, 3]],
    ['is told after the wrong one is', [3, 2]],
    ['is told between two such messages', [3, 2, 4]]
  ])('keeps the file when it %s', async (_, minutes) => {
    const [wrong, right] = [newNumber(), newNumber()]
    await say(report(wrong, 1))
    for (const minute of minutes)
      await say(
        minute === 2 ? report(right, 2, { order: wrong }) : report(wrong, minute, { obr: 'W', order: wrong })
      )
    await applyReady()
    expect(await readable(right, ofReport)).toHaveLength(4)
    const files = await db().query(
      `select from document_use join source_resource using (resource_id) where patient_id = $1 and present`,
      [personIdOf(local(right))]
    )
    expect(files).toHaveLength(1)
  })
})
