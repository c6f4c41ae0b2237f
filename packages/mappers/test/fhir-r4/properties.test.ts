import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fhirR4SearchToContribution } from '../../src/index.ts'
import type { Loose } from '../asking.ts'
import { asking, condition, contribution, entriesOf, page, patient } from './trust.ts'

const items = fc.uniqueArray(fc.record({ id: fc.integer({ min: 1, max: 40 }), isTheirs: fc.boolean() }), {
  selector: ({ id }) => id,
  maxLength: 20
})
const toItem = ({ id, isTheirs }: { id: number; isTheirs: boolean }): Loose =>
  condition(`c${id}`, isTheirs ? {} : { subject: { reference: 'Patient/p2' } })

/** The same list, cut where `cuts` say. */
function paged(resources: readonly Loose[], cuts: readonly number[]): Loose[] {
  const places = [...new Set(cuts.map((cut) => cut % (resources.length + 1)))].sort((a, b) => a - b)
  return [...places, resources.length].map((end, at) =>
    page(resources.slice(at === 0 ? 0 : places[at - 1], end))
  )
}

test('the same items on whatever pages give the same contribution', () => {
  fc.assert(
    fc.property(items, fc.array(fc.nat(40), { maxLength: 6 }), (items, cuts) => {
      const resources = items.map(toItem)
      const whole = contribution({ Condition: { pages: [page(resources)] } })
      expect(contribution({ Condition: { pages: paged(resources, cuts) } })).toEqual(whole)
    }),
    { numRuns: 300 }
  )
})

test('an item that a later page repeats is told once, as it was last', () => {
  fc.assert(
    fc.property(items, fc.nat(40), (items, at) => {
      const resources = items.map(toItem)
      const again = resources[at % (resources.length || 1)]
      fc.pre(again !== undefined)
      const newer = { ...again, meta: { lastUpdated: '2026-11-22T09:00:00Z' }, code: { text: 'Newer' } }
      const { entries, quarantined } = contribution({
        Condition: { pages: [page(resources), page([newer])] }
      })
      expect(entries.length + quarantined.length - 1).toBe(resources.length)
      const told = entries.find(({ sourceResourceId }) => sourceResourceId === `Condition/${again?.['id']}`)
      if (told) expect(told.resource).toMatchObject({ code: { text: 'Newer' } })
    })
  )
})

test('what is not the person’s never lands, and what is listed is told of or kept out', () => {
  fc.assert(
    fc.property(items, (items) => {
      const mapped = contribution({ Condition: { pages: [page(items.map(toItem))] } })
      const names = (isTheirs: boolean) =>
        items.filter((item) => item.isTheirs === isTheirs).map(({ id }) => `Condition/c${id}`)
      expect(entriesOf(mapped).map(({ sourceResourceId }) => sourceResourceId)).toEqual(names(true))
      expect(mapped.quarantined.map(({ sourceResourceId }) => sourceResourceId)).toEqual(names(false))
    })
  )
})

test('whatever an endpoint sends is mapped or refused, and nothing is thrown', () => {
  const keys = fc.constantFrom(
    'resourceType',
    'id',
    'entry',
    'resource',
    'subject',
    'reference',
    'contained',
    'meta',
    'link',
    'text',
    'note',
    'extension',
    'modifierExtension',
    'identifier',
    'coding',
    'medicationReference'
  )
  const { junk } = fc.letrec<{ junk: unknown; leaf: unknown; object: unknown; list: unknown }>((tie) => ({
    junk: fc.oneof({ maxDepth: 5 }, tie('leaf'), tie('object'), tie('list')),
    leaf: fc.constantFrom<unknown>(null, 0, true, '', 'Patient/p1', '#p', 'Condition', 'Bundle', 'x'),
    object: fc.dictionary(keys, tie('junk'), { maxKeys: 5 }),
    list: fc.array(tie('junk'), { maxLength: 3 })
  }))
  fc.assert(
    fc.property(junk, junk, fc.dictionary(keys, junk), (pages, ids, changes) => {
      const resource = { ...condition('c1'), ...changes }
      const byType = {
        Condition: { kind: 'sweep', pages, ids },
        Observation: {
          kind: 'full',
          pages: [page([resource, { ...resource, resourceType: 'Observation' }])]
        },
        MedicationRequest: {
          kind: 'full',
          pages: [page([{ ...resource, resourceType: 'MedicationRequest' }])]
        }
      }
      const found = page([{ ...changes, ...patient() }])
      expect(['mapped', 'refused']).toContain(
        fhirR4SearchToContribution({ byType, patient: found }, asking({ isValid: () => true })).outcome
      )
    }),
    { numRuns: 2_000 }
  )
})
