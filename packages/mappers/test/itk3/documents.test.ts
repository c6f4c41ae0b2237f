import { foldEvents } from '@chesil/care-record'
import { createValidator } from '@chesil/fhir-validator'
import { describe, expect, test } from 'vitest'
import {
  context,
  entry,
  identifier,
  itemOf,
  itemsOf,
  letter,
  map,
  message,
  setId,
  snomed,
  subject,
  tell,
  to
} from './message.ts'

const condition = entry(
  'Condition',
  'c1',
  `<clinicalStatus value="active"/><code>${snomed('22298006', 'Infarct')}</code>${subject}`
)
const other = '7c1f4a4e-57a6-4f3c-9d56-0c5b5f3a7d99'
const replaces = (name: string): string =>
  `<relatesTo><code value="replaces"/><targetIdentifier><system value="https://tools.ietf.org/html/rfc4122"/><value value="${name}"/></targetIdentifier></relatesTo>`

/** The document as a reader sees it after these messages, by id, whatever the order they are given in. */
function documentsAfter(...messages: readonly string[]) {
  const events = messages.flatMap((xml) => {
    const mapped = map(xml)
    if (mapped.outcome === 'refused') return []
    const order = { time: mapped.sourceTime, sequence: mapped.sourceSequence, hash: '' }
    return mapped.parts.flatMap(({ contribution }) =>
      contribution.entries.flatMap(({ sourceResourceId, event }) =>
        event ? [{ name: sourceResourceId, order, event }] : []
      )
    )
  })
  const byName = Map.groupBy(events, ({ name }) => name)
  return Object.fromEntries([...byName].map(([name, told]) => [name, foldEvents(told)]))
}

test('a letter is a document with type, author, custodian, date, title and its own numbers', () => {
  expect(itemOf(letter(), 'DocumentReference')).toMatchObject({
    id: context.resourceId('DocumentReference', `DocumentReference/${setId}`),
    status: 'current',
    docStatus: 'final',
    type: { coding: [{ code: '373942005' }] },
    date: '2026-03-01T10:00:00+00:00',
    author: [{ type: 'Practitioner', identifier: { value: '6122477' }, display: 'Dr Rastall' }],
    custodian: { type: 'Organization', identifier: { value: 'RXX' }, display: 'A trust' },
    description: 'Discharge summary',
    masterIdentifier: { value: 'version-1' },
    identifier: [{ value: setId }]
  })
})

test('a file in the message comes first, the message as it came last, and both are Binaries of the document', () => {
  const xml = letter({
    entries: [entry('Binary', 'b1', '<contentType value="application/pdf"/><content value="JVBE Rg=="/>')]
  })
  const { documents, contribution } = tell(xml)
  expect(documents.map(({ contentType }) => contentType)).toEqual(['application/pdf', 'application/fhir+xml'])
  expect(documents[0]?.base64).toBe('JVBERg==')
  expect(Buffer.from(documents[1]?.base64 ?? '', 'base64').toString('utf8')).toBe(xml)
  const binaries = contribution.entries.filter(({ resourceType }) => resourceType === 'Binary')
  expect(binaries.map(({ sourceResourceId }) => sourceResourceId)).toEqual(
    documents.map((file) => file.sourceResourceId)
  )
  expect(binaries.map(({ part }) => part)).toEqual([`document/${setId}`, `document/${setId}`])
  const { content } = itemOf(xml, 'DocumentReference')
  expect(content).toMatchObject([
    { attachment: { contentType: 'application/pdf', size: 4, url: `Binary/${binaries[0]?.resource?.id}` } },
    { attachment: { contentType: 'application/fhir+xml', size: Buffer.byteLength(xml) } }
  ])
})

test('a file that cannot be decoded marks the document, and stays in the message as it came', () => {
  const xml = letter({
    entries: [entry('Binary', 'b1', '<contentType value="application/pdf"/><content value="?"/>')]
  })
  const document = itemOf(xml, 'DocumentReference')
  expect(document['meta'].tag).toContainEqual(expect.objectContaining({ code: 'degraded' }))
  expect(document['content']).toHaveLength(1)
})

test('without a file its narrative is the document as text, and nothing in it is active', () => {
  const section = `<section><title value="Clinical narrative"/><text><status value="additional"/><div xmlns="http://www.w3.org/1999/xhtml"><script>alert(1)</script><p onclick="x()">Chest   pain &amp; cough</p><table><tr><th>Severity</th><td>Mild</td></tr></table></div></text></section>`
  const { documents } = tell(letter({ composition: section }))
  const narrative = Buffer.from(documents[0]?.base64 ?? '', 'base64').toString('utf8')
  expect(documents[0]?.contentType).toBe('text/plain; charset=utf-8')
  expect(narrative).toBe('Discharge summary\n\nClinical narrative\nChest pain & cough\nSeverity | Mild')
})

test('each item of a document belongs to the part that the document is, which it speaks for whole', () => {
  const { contribution } = tell(letter({ entries: [condition] }))
  expect(contribution.mode).toBe('delta')
  expect(contribution.wholeParts).toEqual([`document/${setId}`])
  const item = contribution.entries.find(({ resourceType }) => resourceType === 'Condition')
  expect(item).toMatchObject({
    sourceResourceId: `${setId}|Condition/c1`,
    part: `document/${setId}`,
    sections: ['problems']
  })
})

test('the person and the document itself belong to no part: they outlive an issue', () => {
  const { entries } = tell(letter()).contribution
  for (const type of ['Patient', 'DocumentReference'])
    expect(entries.find(({ resourceType }) => resourceType === type)).not.toHaveProperty('part')
})

test.each(['in order', 'the later first'])('a later issue takes the place of the earlier one: %s', (how) => {
  const first = letter({ composition: '<confidentiality value="N"/>' })
  const second = letter({ bundle: 'version-2', status: 'amended', updated: '2026-03-01T11:00:00+00:00' })
  const messages = how === 'in order' ? [first, second] : [second, first]
  const document = documentsAfter(...messages)[`DocumentReference/${setId}`]
  expect(document).toMatchObject({
    status: 'current',
    docStatus: 'amended',
    masterIdentifier: { value: 'version-2' }
  })
  expect(document).not.toHaveProperty('securityLabel')
})

test.each(['in order', 'the later first'])(
  'a document that replaces another supersedes it and speaks for its part: %s',
  (how) => {
    const first = letter({ set: other, bundle: 'old', date: '2026-02-01T10:00:00+00:00' })
    const second = letter({ composition: replaces(other), entries: [condition] })
    expect(tell(second).contribution.wholeParts).toEqual([`document/${setId}`, `document/${other}`])
    const documents = documentsAfter(...(how === 'in order' ? [first, second] : [second, first]))
    expect(documents[`DocumentReference/${other}`]).toMatchObject({
      status: 'superseded',
      docStatus: 'final'
    })
    const target = {
      reference: `DocumentReference/${context.resourceId('DocumentReference', `DocumentReference/${other}`)}`
    }
    expect(documents[`DocumentReference/${setId}`]).toMatchObject({
      status: 'current',
      relatesTo: [{ code: 'replaces', target }]
    })
  }
)

test('a replaced document that never came is valid, superseded and empty', () => {
  const replaced = documentsAfter(letter({ composition: replaces(other) }))[`DocumentReference/${other}`]
  expect(replaced).toMatchObject({
    status: 'superseded',
    content: [{ attachment: { title: 'The document was not received' } }]
  })
  expect(replaced && createValidator().validate(replaced)).toEqual([])
})

test('a document that says it replaces its own earlier issue replaces nothing else', () => {
  expect(tell(letter({ composition: replaces(setId.toUpperCase()) })).contribution.wholeParts).toEqual([
    `document/${setId}`
  ])
})

test.each(['in order', 'the later first'])('a withdrawn document leaves nothing behind: %s', (how) => {
  const withdrawal = letter({
    bundle: 'v2',
    status: 'entered-in-error',
    updated: '2026-03-02T10:00:00+00:00',
    entries: [condition]
  })
  const told = tell(withdrawal)
  expect(told.contribution.wholeParts).toEqual([`document/${setId}`])
  expect(told.contribution.entries.map(({ resourceType, event }) => [resourceType, event?.deletes])).toEqual([
    ['DocumentReference', true]
  ])
  expect(told.documents).toEqual([])
  const messages = how === 'in order' ? [letter(), withdrawal] : [withdrawal, letter()]
  expect(documentsAfter(...messages)).toEqual({ [`DocumentReference/${setId}`]: undefined })
})

test('a document is ordered by when it was issued, and among those of one time by its date', () => {
  expect(map(letter())).toMatchObject({
    sourceTime: '2026-03-01T10:05:00.000Z',
    sourceSequence: Date.UTC(2026, 2, 1, 10) / 1000
  })
})

test('a date to come counts as the time of receipt', () => {
  expect(map(letter({ date: '2036-03-01', updated: '2036-03-01T00:00:00Z' }))).toMatchObject({
    sourceTime: context.receivedAt,
    sourceSequence: Date.parse(context.receivedAt) / 1000
  })
})

test('a restricted document labels itself and each of its items', () => {
  const xml = letter({ composition: '<confidentiality value="R"/>', entries: [condition] })
  expect(itemOf(xml, 'DocumentReference')['securityLabel']).toMatchObject([{ coding: [{ code: 'R' }] }])
  expect(itemOf(xml, 'Condition')['meta'].security).toMatchObject([{ code: 'R' }])
})

test('a message without a document keeps its items, and itself as their document', () => {
  const header = `<Bundle xmlns="http://hl7.org/fhir">${identifier('s', 'm')}<type value="message"/>${entry('MessageHeader', 'h', '<event><code value="ITK014M"/><display value="ITK Update Record"/></event>')}${entry('Patient', 'p1', identifier('https://fhir.nhs.uk/Id/nhs-number', '9449305552'))}${condition}</Bundle>`
  expect(itemsOf(header, 'Condition')).toHaveLength(1)
  expect(itemOf(header, 'DocumentReference')).toMatchObject({
    description: 'ITK Update Record',
    type: { coding: [{ code: 'ITK014M' }] }
  })
})

test('an empty list that says why is kept; a list of what stands for itself is not', () => {
  const list = (id: string, rest: string) =>
    entry(
      'List',
      id,
      `<status value="current"/><mode value="snapshot"/><code>${snomed('886921000000105', 'Allergies')}</code>${subject}${rest}`
    )
  const empty = list(
    'l1',
    `<emptyReason><coding><system value="http://hl7.org/fhir/list-empty-reason"/><code value="nilknown"/></coding></emptyReason>`
  )
  const full = list('l2', `<entry><item>${to('c1')}</item></entry>`)
  const xml = message(letter({ entries: [empty, full, condition] }))
  expect(itemOf(xml, 'List')).toMatchObject({ emptyReason: { coding: [{ code: 'nilknown' }] } })
})

test('a message maps to the same twice', () => {
  const xml = message(letter({ entries: [condition] }))
  expect(map(xml)).toEqual(map(xml))
})

describe('a document that another one has replaced', () => {
  const a = (updated: string) =>
    letter({ set: other, bundle: 'old', date: '2026-03-02T10:00:00+00:00', updated })
  const first = a('2026-03-02T10:05:00+00:00')
  const b = letter({
    composition: replaces(other),
    date: '2026-03-01T10:00:00+00:00',
    updated: '2026-03-03T10:00:00+00:00'
  })
  const status = (...messages: readonly string[]) =>
    documentsAfter(...messages)[`DocumentReference/${other}`] as { status: string } | undefined

  test.each([
    ['by one dated before it', [first, b]],
    ['and is issued again after that', [first, b, a('2026-03-04T10:00:00+00:00')]]
  ])('%s is not current', (_, messages) => {
    expect(status(...messages)?.status).toBe('superseded')
    expect(status(...messages.toReversed())?.status).toBe('superseded')
  })

  test('or that was entered in error, whatever date that has, is gone', () => {
    const error = letter({
      set: other,
      status: 'entered-in-error',
      date: '2026-02-01T10:00:00+00:00',
      updated: '2026-03-05T10:00:00+00:00'
    })
    expect(status(first, error)).toBeUndefined()
    expect(status(error, first)).toBeUndefined()
  })
})
