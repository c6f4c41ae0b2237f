import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type ChangedItem, itemsOfTopic, type Topic, topics } from '../../src/topics/topics.ts'

const index = (status?: string) => ({ token: status === undefined ? {} : { status: [`|${status}`] } })
const item = (resourceType: string, before?: string | null, now?: string | null): ChangedItem => ({
  resourceType,
  key: `${resourceType}/1`,
  ...(before !== undefined && { before: index(before ?? undefined) as never }),
  ...(now !== undefined && { now: index(now ?? undefined) as never })
})
const of = (topic: Topic, changed: ChangedItem, isMove = false) =>
  itemsOfTopic(topic, [changed], { isMove }).length > 0
/** What a partner who subscribes to everything but `record-changed` is told. */
const told = (changed: ChangedItem, isMove = false) =>
  topics.filter((topic) => topic !== 'record-changed' && of(topic, changed, isMove))

describe('topics', () => {
  test.each<[string, ChangedItem, readonly Topic[]]>([
    ['a stay that begins', item('Encounter', undefined, 'in-progress'), ['encounter-started']],
    ['a planned stay', item('Encounter', undefined, 'planned'), []],
    ['one that was planned and begins', item('Encounter', 'planned', 'arrived'), ['encounter-started']],
    ['one that goes on', item('Encounter', 'arrived', 'in-progress'), []],
    ['one that ends', item('Encounter', 'in-progress', 'finished'), ['encounter-ended']],
    ['one that comes once it is over', item('Encounter', undefined, 'finished'), ['encounter-ended']],
    ['one that is cancelled', item('Encounter', 'planned', 'cancelled'), ['encounter-ended']],
    ['a new result', item('Observation', undefined, 'preliminary'), ['new-result']],
    ['one that becomes final', item('Observation', 'preliminary', 'final'), ['new-result']],
    ['one that is final and changes', item('DiagnosticReport', 'final', 'final'), []],
    ['one that is corrected', item('DiagnosticReport', 'preliminary', 'corrected'), ['new-result']],
    ['one that comes as an error', item('Observation', undefined, 'entered-in-error'), ['correction']],
    ['one that turns out an error', item('Observation', 'final', 'entered-in-error'), ['correction']],
    ['an error that changes', item('Observation', 'entered-in-error', 'entered-in-error'), []],
    ['a result that is withdrawn', item('Observation', 'final'), ['correction']],
    ['a new document', item('DocumentReference', undefined, 'current'), ['new-document']],
    ['a document that changes', item('DocumentReference', 'current', 'superseded'), []],
    ['a care plan that comes', item('CarePlan', undefined, 'active'), ['care-plan-changed']],
    ['one that changes', item('CarePlan', 'active', 'active'), ['care-plan-changed']],
    ['one that goes', item('CarePlan', 'active'), ['care-plan-changed', 'correction']],
    ['a flag that ends', item('Flag', 'active', 'inactive'), ['flag-changed']],
    ['a medicine', item('MedicationRequest', undefined, 'active'), []],
    ['an item without a status', item('Observation', undefined, null), ['new-result']]
  ])('%s', (_, changed, expected) => {
    expect(told(changed)).toEqual(expected)
    expect(of('record-changed', changed)).toBe(true)
  })

  test('what moves with its person is a correction, and no news of its own', () => {
    expect(told(item('Observation', undefined, 'final'), true)).toEqual(['correction'])
  })

  const anyItem = fc
    .tuple(
      fc.constantFrom('Encounter', 'Observation', 'DocumentReference', 'CarePlan', 'Flag', 'Condition'),
      fc.option(fc.constantFrom('planned', 'in-progress', 'finished', 'final', 'entered-in-error'), {
        nil: undefined
      }),
      fc.option(fc.constantFrom('planned', 'in-progress', 'finished', 'final', 'entered-in-error'), {
        nil: undefined
      })
    )
    .map(([resourceType, before, now]) => item(resourceType, before, now))

  test('each tells of some of what has changed, in the order given; record-changed of all', () => {
    fc.assert(
      fc.property(fc.array(anyItem), fc.constantFrom(...topics), fc.boolean(), (changed, topic, isMove) => {
        const found = itemsOfTopic(topic, changed, { isMove })
        const places = found.map((one) => changed.indexOf(one))
        expect(places).not.toContain(-1)
        expect(found).toEqual(changed.filter((one) => found.includes(one)))
        expect(itemsOfTopic('record-changed', changed, { isMove })).toEqual(changed)
      })
    )
  })
})
