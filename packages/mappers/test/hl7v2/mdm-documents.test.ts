import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Loose } from '../asking.ts'
import { faultsIn } from './faults.ts'
import {
  ada,
  current,
  currentItems,
  documentsIn,
  idOf,
  inAnyOrder,
  isDegraded,
  quarantinedIn,
  received
} from './received.ts'
import { partOf } from './sending.ts'

interface Txa {
  readonly number?: string
  readonly parent?: string
  readonly completion?: string
  readonly confidentiality?: string
  readonly availability?: string
}

const txa = ({
  number = 'D1',
  parent = '',
  completion = 'AU',
  confidentiality = '',
  availability = ''
}: Txa = {}) =>
  `TXA|1|DS|TX|20261101|C1234567^Hill^Sam|202611010900|202611010910|||C1234567^Hill^Sam||${number}|${parent}||||${completion}|${confidentiality}|${availability}`

const lines = ['OBX|1|TX|DS^Summary^L||Dear doctor||||||F', 'OBX|2|TX|DS^Summary^L||Ada is well||||||F']
const mdm = (trigger: string, minute: number, given: Txa = {}, ...obx: string[]) =>
  received(`MDM^${trigger}`, minute, ada, txa(given), ...obx)

const nameOf = (number: string) => `DocumentReference/document/${number}`
const [d1, d2] = [nameOf('D1'), nameOf('D2')]
const reference = (number: string) => `DocumentReference/${idOf('DocumentReference', `document/${number}`)}`

describe('a document', () => {
  const letter = mdm('T02', 1, {}, ...lines)

  test('is what TXA says of it', () => {
    expect(current('DocumentReference', mdm('T01', 1))).toMatchObject({
      status: 'current',
      docStatus: 'final',
      type: { coding: [{ code: 'DS', display: 'Discharge summary' }] },
      masterIdentifier: { value: 'D1' },
      date: '2026-11-01T09:10:00+00:00',
      author: [{ display: 'Sam Hill' }],
      custodian: { display: 'Chesil General Hospital' },
      context: { period: { start: '2026-11-01' } }
    })
  })

  test('has its lines as one text file', () => {
    const [file] = documentsIn(letter)
    expect(Buffer.from(file?.base64 ?? '', 'base64').toString()).toBe('Dear doctor\nAda is well')
    const items = currentItems(letter)
    const [{ attachment }] = (items.get(d1) as Loose)['content']
    expect(attachment).toMatchObject({ contentType: 'text/plain; charset=utf-8', size: 23 })
    expect(items.has('Binary/binary/document/D1/text')).toBe(true)
  })

  test('keeps three capitals that stand on a line of their own, and what comes after them', () => {
    const words = 'Chest:\nNAD\nAbdomen: urgent referral advised'
    const [file] = documentsIn(mdm('T02', 1, {}, `OBX|1|TX|DS^Summary^L||${words}||||||F`))
    expect(Buffer.from(file?.base64 ?? '', 'base64').toString()).toBe(words)
  })

  test('has its files beside its text', () => {
    const pdf = 'OBX|3|ED|L^Letter^L||^application^pdf^Base64^JVBERi0xLjQK||||||F'
    expect(documentsIn(mdm('T02', 1, {}, ...lines, pdf)).map(({ contentType }) => contentType)).toEqual([
      'text/plain; charset=utf-8',
      'application/pdf'
    ])
  })

  test.each([
    ['DI', 'preliminary'],
    ['DO', 'preliminary'],
    ['IN', 'preliminary'],
    ['IP', 'preliminary'],
    ['PA', 'preliminary'],
    ['AU', 'final'],
    ['LA', 'final']
  ])('of completion %s is %s', (completion, docStatus) => {
    expect(current('DocumentReference', mdm('T01', 1, { completion }))['docStatus']).toBe(docStatus)
  })

  test('that is not available for care is not final', () => {
    expect(current('DocumentReference', mdm('T01', 1, { availability: 'UN' }))['docStatus']).toBe(
      'preliminary'
    )
  })

  test.each([
    ['R', 'R'],
    ['V', 'V'],
    ['U', 'N'],
    ['secret', 'V']
  ])('of confidentiality %s is labelled %s, and so is its file', (confidentiality, code) => {
    for (const item of currentItems(mdm('T02', 1, { confidentiality }, ...lines)).values())
      expect(item['meta'].security).toMatchObject([{ code }])
  })

  test('keeps its content when its status changes', () => {
    const items = currentItems(
      mdm('T02', 1, { completion: 'DI' }, ...lines),
      mdm('T03', 2, { completion: 'LA' })
    )
    const item = items.get(d1)
    expect([item?.['docStatus'], item?.['content'][0].attachment.size]).toEqual(['final', 23])
  })

  test('that was edited is amended, and speaks for all its files', () => {
    const edited = mdm('T08', 2, {}, 'OBX|1|TX|DS^Summary^L||Ada is better||||||F')
    expect(currentItems(letter, edited).get(d1)?.['docStatus']).toBe('amended')
    expect(partOf(edited).contribution.wholeParts).toEqual(['document/D1'])
  })

  test('that was only announced says so', () => {
    const { content } = current('DocumentReference', mdm('T01', 1))
    expect(content).toEqual([{ attachment: { title: 'Announced without content' } }])
  })

  test('is marked where what it says of itself is not known', () => {
    expect(isDegraded(current('DocumentReference', mdm('T01', 1, { completion: 'ZZ' })))).toBe(true)
  })
})

describe('another document', () => {
  const first = mdm('T02', 1, {}, ...lines)

  test.each(['T09', 'T10'])('by %s replaces it', (trigger) => {
    const items = currentItems(first, mdm(trigger, 2, { number: 'D2', parent: 'D1' }, ...lines))
    expect(items.get(d1)?.['status']).toBe('superseded')
    expect(items.get(d2)).toMatchObject({
      status: 'current',
      relatesTo: [{ code: 'replaces', target: { reference: reference('D1') } }]
    })
  })

  test.each(['T05', 'T06'])('by %s is an addendum to it', (trigger) => {
    const items = currentItems(first, mdm(trigger, 2, { number: 'D2', parent: 'D1' }, ...lines))
    expect(items.get(d1)?.['status']).toBe('current')
    expect(items.get(d2)?.['relatesTo']).toMatchObject([{ code: 'appends' }])
  })

  test('that names itself as its parent replaces nothing', () => {
    expect(currentItems(first, mdm('T10', 2, { parent: 'D1' }, ...lines)).get(d1)).toMatchObject({
      status: 'current'
    })
  })
})

test('an addendum that names no other document is more content of the document', () => {
  const items = currentItems(
    mdm('T02', 1, {}, ...lines),
    mdm('T06', 2, {}, 'OBX|1|TX|A^Addendum^L||PS||||||F')
  )
  expect(items.get(d1)?.['content']).toHaveLength(2)
})

test('T11 withdraws the document, and all its files', () => {
  const cancelled = mdm('T11', 2)
  expect([...currentItems(mdm('T01', 1), cancelled).keys()]).toEqual([])
  expect(partOf(cancelled).contribution.wholeParts).toEqual(['document/D1'])
})

test('a trigger that is not known is told as not processed', () => {
  expect(quarantinedIn(mdm('T12', 1))).toMatchObject([
    { reason: 'unprocessed-message', sections: ['documents'] }
  ])
})

describe('a history of documents', () => {
  const told = fc.record({
    trigger: fc.constantFrom('T01', 'T02', 'T03', 'T04', 'T05', 'T06', 'T07', 'T08', 'T09', 'T10'),
    number: fc.constantFrom('D1', 'D2', 'D3'),
    parent: fc.constantFrom('', 'D1', 'D2'),
    completion: fc.constantFrom('DI', 'AU', '', '""'),
    availability: fc.constantFrom('AV', 'UN', 'OB', 'CA', '', '""')
  })
  const histories = fc.array(told, { minLength: 1, maxLength: 8 })
  type Told = typeof told extends fc.Arbitrary<infer T> ? T : never
  const toText = ({ trigger, ...given }: Told, minute: number) =>
    mdm(trigger, minute, given, ...(/[02468]$/.test(trigger) ? lines : []))

  /** The documents that a message takes out of use. */
  const notCurrentAfter = ({ trigger, number, parent, availability }: Told): string[] => [
    ...(/^T(09|10)$/.test(trigger) && parent !== '' && parent !== number ? [parent] : []),
    ...(['OB', 'CA'].includes(availability) ? [number] : [])
  ]

  test('leaves none current that was replaced or withdrawn, in whatever order it arrives', () => {
    const cases = histories.chain((history) =>
      fc.record({
        history: fc.constant(history),
        arriving: inAnyOrder(history.map(toText))
      })
    )
    void fc.assert(
      fc.property(cases, ({ history, arriving }) => {
        const items = currentItems(...arriving)
        for (const one of history.flatMap(notCurrentAfter))
          expect(items.get(nameOf(one))?.['status']).not.toBe('current')
        expect(faultsIn(items)).toEqual([])
      }),
      { numRuns: 300 }
    )
  })

  test('that ends in T11 ends without the document', () => {
    void fc.assert(
      fc.property(histories, fc.integer({ min: 0, max: 8 }), (history, at) => {
        const texts = history.map((one, minute) => toText({ ...one, number: 'D1', parent: '' }, minute))
        const arriving = texts.toSpliced(at, 0, mdm('T11', 50))
        expect(currentItems(...arriving).has(d1)).toBe(false)
      }),
      { numRuns: 100 }
    )
  })
})

test('a text of any letters is the same file that Node would make of it', () => {
  void fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme', maxLength: 40 }).filter((text) => /^[^\s|\\^~&"][^\r\n|\\]*$/.test(text)),
      (text) => {
        const [file] = documentsIn(mdm('T02', 1, {}, `OBX|1|TX|x||${text}`))
        expect(file?.base64 ?? '').toBe(Buffer.from(text.trim().toWellFormed()).toString('base64'))
      }
    )
  )
})

test('a document that becomes unavailable for patient care goes with its files', () => {
  const items = currentItems(mdm('T02', 1, {}, ...lines), mdm('T03', 2, { availability: 'CA' }))
  const { contribution } = partOf(mdm('T03', 2, { availability: 'CA' }))
  expect(contribution.wholeParts).toEqual(['document/D1'])
  expect(contribution.entries.map(({ resourceType }) => resourceType)).toEqual(['DocumentReference'])
  expect(items.get(d1)).toMatchObject({
    status: 'entered-in-error',
    content: [{ attachment: { title: 'Withdrawn' } }]
  })
})

test('a replacement that is taken back, and says of what it was one, leaves that as it was', () => {
  const texts = [
    mdm('T02', 1, {}, ...lines),
    mdm('T10', 2, { number: 'D2', parent: 'D1' }, ...lines),
    mdm('T11', 3, { number: 'D2', parent: 'D1' })
  ]
  for (const order of [texts, texts.toReversed()])
    expect(currentItems(...order).get(d1)?.['status']).toBe('current')
})
