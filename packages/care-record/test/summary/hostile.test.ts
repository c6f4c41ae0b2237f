import type { Observation, Resource } from '@chesil/fhir'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ipsProblems } from '../../../../tests/support/ips-rules.ts'
import { expectValid } from '../valid.ts'
import { compositionOf, item, patient, subject, summaryOf, textOf } from './summarising.ts'

const hostile = [
  '<script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  ']]><!--',
  '--><b>bold</b>',
  '&lt;script&gt;',
  '&#0;&unknown;',
  '" onclick="alert(1)',
  'a\u0000b\u0007c\u001bd',
  'pills \u202egnirtseh\u202c \u2066one\u2069',
  'zero\u200bwidth\ufeff',
  'lone \ud800 half',
  'first\nsecond\r\nthird',
  '</td></tr></table></div><p>out</p>',
  '{{constructor.constructor("alert(1)")()}}',
  'O’Brien-Söderström الاسم 李'
]

const saying = (text: string): Resource[] => [
  {
    resourceType: 'AllergyIntolerance',
    id: 'a',
    clinicalStatus: { coding: [{ code: 'active' }] },
    code: { text },
    patient: subject,
    note: [{ text }],
    reaction: [{ manifestation: [{ text }] }]
  },
  { resourceType: 'Flag', id: 'f', status: 'active', code: { text }, subject, author: { display: text } },
  {
    resourceType: 'Observation',
    id: 'o',
    status: 'final',
    code: { text },
    subject,
    valueString: text
  } satisfies Observation
]

const summaryWith = (text: string) =>
  summaryOf(
    saying(text).map((resource) => item(resource)),
    { patient: { ...patient, name: [{ family: text, given: [text], prefix: [text] }] } }
  )

/** The narratives as they are written; the resources themselves keep what their source wrote. */
const narrativesOf = (bundle: ReturnType<typeof summaryWith>): string[] => [
  ...(compositionOf(bundle).section ?? []).map(({ text }) => text?.div ?? ''),
  ...(bundle.entry ?? []).map(({ resource }) => (resource as { text?: { div: string } }).text?.div ?? '')
]

const elements = new Set(
  ['div', 'p', 'b', 'br/', 'ul', 'li', 'table', 'caption', 'thead', 'tbody', 'tr', 'th', 'td'].flatMap(
    (name) => [name, `/${name}`]
  )
)

function expectHarmless(text: string): void {
  const bundle = summaryWith(text)
  for (const narrative of narrativesOf(bundle)) {
    const tags = [...narrative.matchAll(/<([^\s>]+)[^>]*>/g)].map((match) => match[1] ?? '')
    expect(tags.filter((tag) => !elements.has(tag))).toEqual([])
    // biome-ignore lint/suspicious/noControlCharactersInRegex: none of these may be there
    expect(narrative).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u200b\u202a-\u202e\u2066-\u2069\ufeff]/)
    expect(narrative.isWellFormed()).toBe(true)
  }
  expect(ipsProblems(bundle)).toEqual([])
  expectValid(compositionOf(bundle))
}

test.each(hostile)('%j does nothing in a narrative', (text) => {
  expectHarmless(text)
})

test('nor does any other text', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 60 }), expectHarmless), {
    numRuns: 60
  })
})

test('what is written is there to be read, lines and all', () => {
  const text = textOf(summaryWith('5 < 6 & "so"\non'), 'alerts')
  expect(text).toContain('5 &lt; 6 &amp; &quot;so&quot;<br/>on')
})
