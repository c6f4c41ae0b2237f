import type { Contribution, ContributionEntry } from '@chesil/contracts'
import type { Resource } from '@chesil/fhir'
import { expect, test } from 'vitest'
import { checkContribution } from '../src/index.ts'

const condition = (id: string): Resource => ({ resourceType: 'Condition', id }) as Resource
const entry = (id: string, content: Partial<ContributionEntry> = { resource: condition(id) }) =>
  ({
    resourceType: 'Condition',
    sourceResourceId: id,
    sections: ['problems'],
    ...content
  }) as ContributionEntry
const event = (id: string) => ({ base: condition(id), kind: 'update', set: {} })
const contributionOf = (...entries: ContributionEntry[]): Contribution => ({
  mode: 'delta',
  sections: [],
  entries,
  quarantined: [
    {
      resourceType: 'Condition',
      sourceResourceId: 'before',
      sections: [],
      reason: 'no-subject',
      expression: 'Condition'
    }
  ]
})

/** What is named `bad` is not valid; of an event called `deletion` nothing is left. */
const rules = {
  validator: {
    validate: ({ id }: Resource) => (id?.startsWith('bad') ? [{ expression: 'Condition.code' }] : [])
  },
  foldEvents: ([first]: readonly { readonly event: { readonly base: Resource } }[]) =>
    first?.event.base.id?.endsWith('deletion') ? undefined : first?.event.base
}

test('what is not valid FHIR is kept out and named, and the rest is untouched', async () => {
  const kept = [
    entry('good'),
    entry('good event', { event: event('good') }),
    entry('bad, but nothing is left', { event: event('bad deletion') }),
    entry('bad, but unchanged', { isUnchanged: true })
  ]
  const bad = [entry('bad'), entry('bad event', { event: event('bad event') })]
  const given = contributionOf(...kept, ...bad)
  const invalid = ['bad', 'bad event'].map((sourceResourceId) => ({
    resourceType: 'Condition',
    sourceResourceId,
    sections: ['problems'],
    reason: 'invalid',
    expression: 'Condition.code'
  }))
  expect(await checkContribution(given, rules)).toEqual({
    contribution: { ...given, entries: kept, quarantined: [...given.quarantined, ...invalid] },
    invalid
  })
})

test('other work gets its turn while many resources are checked', async () => {
  const many = contributionOf(...Array.from({ length: 250 }, (_, at) => entry(`good ${at}`)))
  let isOtherWorkDone = false
  setImmediate(() => {
    isOtherWorkDone = true
  })
  const seen: boolean[] = []
  const validate = () => {
    seen.push(isOtherWorkDone)
    return []
  }
  await checkContribution(many, { ...rules, validator: { validate } })
  expect([seen.at(0), seen.at(-1)]).toEqual([false, true])
})
