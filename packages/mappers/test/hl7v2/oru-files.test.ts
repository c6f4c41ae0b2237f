import { describe, expect, test } from 'vitest'
import {
  ada,
  current,
  currentItems,
  documentsIn,
  idOf,
  isDegraded,
  quarantinedIn,
  received
} from './received.ts'
import { partOf } from './sending.ts'

const obr = 'OBR|1||F1|T^Test^L||||||||||||||||||202611010930|||F'
const pdf = 'JVBERi0xLjQK'
const ed = (data: string, type = 'IM^PDF', encoding = 'Base64', status = 'F') =>
  `OBX|1|ED|R^Genetic report^L||LAB^${type}^${encoding}^${data}||||||${status}`
const oru = (minute: number, ...obx: string[]) => received('ORU^R01', minute, ada, obr, ...obx)

describe('a file in a report', () => {
  const items = currentItems(oru(1, ed(pdf)))
  const name = 'document/F1/T/R/'
  const url = `Binary/${idOf('Binary', `binary/${name}`)}`

  test('is a DocumentReference that leads to a Binary, and the report does too', () => {
    expect(items.get(`DocumentReference/${name}`)).toMatchObject({
      status: 'current',
      docStatus: 'final',
      type: { text: 'Genetic report' },
      content: [{ attachment: { contentType: 'application/pdf', url, size: 9, title: 'Genetic report' } }]
    })
    expect(current('DiagnosticReport', oru(1, ed(pdf)))['presentedForm']).toMatchObject([{ url }])
  })

  test('has a Binary for this person alone, without its bytes', () => {
    const binary = items.get(`Binary/binary/${name}`)
    expect(binary).toMatchObject({ contentType: 'application/pdf' })
    expect(binary?.['securityContext'].reference).toMatch(/^Patient\//)
    expect(binary).not.toHaveProperty('data')
  })

  test('goes with the message, as base64 without white space', () => {
    expect(documentsIn(oru(1, ed('JVBE\\.br\\Ri0x\\X0D\\LjQK')))).toEqual([
      { sourceResourceId: `binary/${name}`, contentType: 'application/pdf', base64: pdf }
    ])
  })

  test('leaves the report when it is withdrawn, and its Binary goes', () => {
    for (const code of ['W', 'D']) {
      const after = currentItems(oru(1, ed(pdf)), oru(2, ed('', 'IM^PDF', 'Base64', code)))
      expect([...after.keys()]).toEqual(['DiagnosticReport/report/F1/T'])
      const [report] = after.values()
      expect([report?.['presentedForm'], report?.['status']]).toEqual([undefined, 'entered-in-error'])
    }
  })
})

describe('a withdrawal that does not say what it withdraws', () => {
  const untold = (code: string, number = 1) => `OBX|${number}||R^Genetic report^L||||||||${code}`
  const words = 'OBX|1|TX|R^Genetic report^L||No variant||||||F'

  test.each([
    ['a file, W', ed(pdf), 'W'],
    ['a file, D', ed(pdf), 'D'],
    ['a text, W', words, 'W'],
    ['a text, D', words, 'D']
  ])('withdraws %s, from the report too, in whatever order they arrive', (_, obx, code) => {
    const texts = [oru(1, obx), oru(2, untold(code))]
    for (const arriving of [texts, texts.toReversed()]) {
      const after = currentItems(...arriving)
      expect([...after.keys()]).toEqual(['DiagnosticReport/report/F1/T'])
      const [report] = after.values()
      expect([report?.['presentedForm'], report?.['result']]).toEqual([undefined, undefined])
    }
  })

  test('withdraws as many files as it has lines', () => {
    const after = currentItems(oru(1, ed(pdf), ed(pdf)), oru(2, untold('W'), untold('W', 2)))
    expect([...after.keys()]).toEqual(['DiagnosticReport/report/F1/T'])
  })

  test('leaves the file that comes in its place', () => {
    const after = currentItems(oru(1, ed(pdf)), oru(2, untold('W'), ed(pdf)))
    expect(after.has('DocumentReference/document/F1/T/R/')).toBe(true)
  })

  test('of the wrong person is told once, to readers of results and of documents, and erases all it may mean', () => {
    expect(quarantinedIn(oru(2, untold('W')))).toMatchObject([
      { reason: 'wrong-patient', sections: ['documents', 'investigations'], expression: 'OBX-11' }
    ])
    const { entries } = partOf(oru(2, untold('W'))).contribution
    expect(entries.flatMap(({ resourceType, erases }) => (erases ? [resourceType] : []))).toEqual([
      'Observation',
      'DocumentReference',
      'Binary'
    ])
  })
})

test('a file in a field that is called a CE is one nevertheless', () => {
  const obx = `OBX|1|CE|R^Report^L|PDF|^LAB^application/pdf^Base64^${pdf}||||||F`
  expect(documentsIn(oru(1, obx))).toMatchObject([{ contentType: 'application/pdf' }])
})

test.each([
  ['no base64', ed('JVBERi0x...'), 'The file could not be decoded'],
  ['nothing', ed(''), 'The file was not sent']
])('of a file that is %s there is a DocumentReference that says so', (_, obx, words) => {
  const item = current('DocumentReference', oru(1, obx))
  expect(isDegraded(item)).toBe(true)
  expect(item['text'].div).toContain(words)
  expect(item['content'][0].attachment.url).toBeUndefined()
  expect(documentsIn(oru(1, obx))).toEqual([])
})

test('a file that is not what its type says is kept as bytes, and marked', () => {
  const message = oru(1, ed('PGh0bWw+', 'IM^PDF'))
  expect(documentsIn(message)).toMatchObject([{ contentType: 'application/octet-stream' }])
  expect(isDegraded(current('DocumentReference', message))).toBe(true)
})

test.each([
  ['IM^JPEG', 'Base64', '/9j/4AAQ', 'image/jpeg', '/9j/4AAQ'],
  ['application^pdf', 'Base64', pdf, 'application/pdf', pdf],
  ['TEXT^PLAIN', 'A', 'hello', 'text/plain', 'aGVsbG8='],
  ['IM^PDF', 'Hex', '255044462d312e340a', 'application/pdf', pdf]
])('%s in %s is read', (type, encoding, data, contentType, base64) => {
  expect(documentsIn(oru(1, ed(data, type, encoding)))).toMatchObject([{ contentType, base64 }])
})

test.each([
  ['https://pacs.example/study?a=1', 'https://pacs.example/study?a=1'],
  ['javascript:alert(1)', undefined]
])('a pointer to %s is an address only if it is one of the web', (pointer, url) => {
  const item = current('DocumentReference', oru(1, `OBX|1|RP|R^Image^L||${pointer}^^IM^JPEG||||||F`))
  expect(item['content'][0].attachment.url).toBe(url)
})
