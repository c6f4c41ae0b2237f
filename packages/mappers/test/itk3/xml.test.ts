import { describe, expect, test } from 'vitest'
import { readItk3Message } from '../../src/index.ts'
import { readXml } from '../../src/itk3/xml/element.ts'
import { letter, message, read } from './message.ts'

/** A document with something in front of it, or with a title. */
const after = (prologue: string): string => prologue + letter()
const titled = (value: string): string =>
  letter().replace('value="Discharge summary"/><custodian', `value="${value}"/><custodian`)
const titleOf = (xml: string): unknown => read(xml).composition?.source['title']

const laughs = Array.from({ length: 20 }, (_, at) => `<!ENTITY l${at + 1} "${`&l${at};`.repeat(10)}">`).join(
  ''
)

describe('what XML lets a sender do to a reader is refused', () => {
  test.each([
    {
      case: 'a billion laughs',
      xml: after(`<!DOCTYPE x [<!ENTITY l0 "ha">${laughs}]>`).replace(
        'Discharge summary"/><cust',
        '&l20;"/><cust'
      )
    },
    {
      case: 'an external entity',
      xml: titled('&xxe;').replace(/^/, '<!DOCTYPE x [<!ENTITY xxe SYSTEM "file:///etc/hostname">]>')
    },
    { case: 'a document type alone', xml: after('<!DOCTYPE Bundle>') },
    { case: 'a document type in lower case', xml: after('<!doctype Bundle>') },
    { case: 'a parameter entity', xml: after('<!ENTITY % x "y">') },
    { case: 'an entity that nobody declared', xml: titled('a&nbsp;b') },
    { case: 'a lone ampersand', xml: titled('a & b') },
    { case: 'a number that is no character', xml: titled('a&#0;b') },
    { case: 'a half of a surrogate pair', xml: titled('a&#xD800;b') },
    { case: 'a hundred thousand levels', xml: `${'<a>'.repeat(100_000)}${'</a>'.repeat(100_000)}` },
    {
      case: 'a name that means something to JavaScript',
      xml: letter({ composition: '<__proto__ value="x"/>' })
    }
  ])('$case', ({ xml }) => {
    const start = performance.now()
    expect(readItk3Message(xml)).toBeUndefined()
    expect(performance.now() - start).toBeLessThan(2_000)
  })
})

describe('half a message is none', () => {
  const whole = message()
  test.each([
    { case: 'cut off', xml: whole.slice(0, -20) },
    { case: 'cut off within a tag', xml: whole.slice(0, 300) },
    { case: 'closed in the wrong order', xml: whole.replace('</Bundle></resource>', '</resource></Bundle>') },
    { case: 'two of them', xml: letter() + letter() },
    { case: 'with text after its end', xml: `${letter()}x` },
    { case: 'of another type', xml: letter().replace('value="document"', 'value="collection"') },
    { case: 'no Bundle', xml: '<Patient xmlns="http://hl7.org/fhir"/>' },
    { case: 'JSON', xml: '{"resourceType":"Bundle"}' },
    { case: 'nothing', xml: '' }
  ])('$case', ({ xml }) => {
    expect(readItk3Message(xml)).toBeUndefined()
  })
})

test.each([
  { case: 'one huge attribute', xml: titled('x'.repeat(20_000_000)) },
  {
    case: 'many attributes',
    xml: `<a ${Array.from({ length: 50_000 }, (_, at) => `a${at}="1"`).join(' ')}/>`
  },
  { case: 'many elements', xml: `<a>${'<b value="1"/>'.repeat(100_000)}</a>` },
  { case: 'many open tags', xml: '<a>'.repeat(100_000) },
  { case: 'many open comments', xml: `<a>${'<!--'.repeat(100_000)}` },
  { case: 'many open quotes', xml: `<a b="${"<a b='".repeat(100_000)}` },
  { case: 'many brackets', xml: `<a>${'<'.repeat(100_000)}</a>` },
  { case: 'a long name', xml: `<${'a'.repeat(1_000_000)}/>` },
  { case: 'a long gap', xml: `<a ${' '.repeat(1_000_000)}/>` }
])('$case is read or refused in time that grows with its length', ({ xml }) => {
  const start = performance.now()
  readItk3Message(xml)
  expect(performance.now() - start).toBeLessThan(5_000)
})

test.each([
  {
    case: 'the five references of XML',
    value: 'a &lt;b&gt; &amp;amp; &quot;c&quot; &apos;d&apos;',
    text: 'a <b> &amp; "c" \'d\''
  },
  { case: 'characters by number', value: '&#163;5 &#x1F600;', text: '£5 😀' },
  { case: 'a line break by number', value: 'a&#10;b', text: 'a\nb' },
  { case: 'a line break as such, which is a space in an attribute', value: 'a\nb', text: 'a b' },
  { case: 'a bracket in quotes', value: 'a > b', text: 'a > b' }
])('$case is read as what it means', ({ value, text }) => {
  expect(titleOf(titled(value))).toBe(text)
})

test('prefixes, comments and a byte order mark make no difference', () => {
  const plain = letter()
  const prefixed = plain.replaceAll(/<(\/?)(?=[A-Za-z])/g, '<$1f:').replace('xmlns=', 'xmlns:f=')
  const commented = `\uFEFF<?xml version="1.0"?><!-- <x> -->\n${plain.replace('<type', '<!-- > --><type')}`
  for (const xml of [prefixed, commented]) expect(titleOf(xml)).toBe('Discharge summary')
})

test('text between elements keeps its place, and a CDATA section is text', () => {
  const [first, ...others] = readXml('<div>a <b>c</b> d<![CDATA[<e>]]></div>')?.children ?? []
  expect([first, ...others.map((one) => (typeof one === 'string' ? one : one.name))]).toEqual([
    'a ',
    'b',
    ' d',
    '<e>'
  ])
})

test('what the header says is read', () => {
  expect(read(message())).toMatchObject({
    kind: 'message',
    event: 'ITK007C',
    messageId: 'https://trust.example/message|m-1',
    headerId: 'header-1',
    sender: 'RXX',
    replyTo: 'TRUST-MAILBOX',
    acknowledge: { infrastructure: true, business: true }
  })
  expect(read(message(letter(), { business: 'false', infrastructure: 'false' })).acknowledge).toEqual({
    infrastructure: false,
    business: false
  })
})

test('a sender that does not say whether it wants an answer gets one', () => {
  expect(read(message(letter(), { business: '', infrastructure: '' })).acknowledge).toEqual({
    infrastructure: true,
    business: true
  })
})

test('a document without a message is its custodian’s, and asks for no answer', () => {
  expect(read(letter())).toMatchObject({
    kind: 'document',
    sender: 'RXX',
    acknowledge: { infrastructure: false, business: false }
  })
})

test.each([
  { case: 'by its event', envelope: { event: 'ITK008M' } },
  {
    case: 'by what it answers',
    envelope: { extra: '<response><identifier value="x"/><code value="ok"/></response>' }
  }
])('an acknowledgement is known $case', ({ envelope }) => {
  expect(read(message(letter(), envelope)).kind).toBe('acknowledgement')
})
