import { itemTags, type QuarantineReason } from '@chesil/contracts'
import { chesil } from '@chesil/fhir'
import { readPersonState } from '@chesil/record-store'
import { describe, expect, test } from 'vitest'
import { complete, createPerson, createSource, minute, shownTexts } from '../support/contributions.ts'
import { useDatabase } from '../support/store.ts'

const { database: db } = useDatabase()
const { item, say, versionOf } = createSource(db)

describe('an item that its source has said of somebody else', () => {
  test('is kept out of the second record, and the reader is told', async () => {
    const [first, second] = [await createPerson(db()), await createPerson(db())]
    await say(first, minute(1), { sections: complete('uncategorised'), entries: [item('mine')] })
    await say(second, minute(2), {
      sections: complete('uncategorised'),
      entries: [item('mine'), item('own')]
    })
    expect(await shownTexts(db(), first)).toEqual(['mine'])
    expect(await shownTexts(db(), second)).toEqual(['own'])
    const state = await readPersonState(db(), second, 'system')
    expect(state?.sources[0]?.sections).toMatchObject([{ section: 'uncategorised', quarantined: 1 }])
  })

  test('moves once the first record no longer has it', async () => {
    const [first, second] = [await createPerson(db()), await createPerson(db())]
    await say(first, minute(1), { sections: complete('uncategorised'), entries: [item('moved')] })
    await say(first, minute(2), { sections: complete('uncategorised'), entries: [] })
    await say(second, minute(3), { sections: complete('uncategorised'), entries: [item('moved')] })
    expect(await shownTexts(db(), first)).toEqual([])
    expect(await shownTexts(db(), second)).toEqual(['moved'])
  })

  test('moves though an older answer, which came late, still named it', async () => {
    const [first, second] = [await createPerson(db()), await createPerson(db())]
    await say(first, minute(5), { sections: complete('uncategorised'), entries: [] })
    await say(first, minute(4), { sections: complete('uncategorised'), entries: [item('late')] })
    expect(await shownTexts(db(), first)).toEqual([])
    expect(await versionOf(first)).toBe(0)
    await say(second, minute(6), { sections: complete('uncategorised'), entries: [item('late')] })
    expect(await shownTexts(db(), second)).toEqual(['late'])
  })

  test('moves though the first record was told of its deletion alone', async () => {
    const [first, second] = [await createPerson(db()), await createPerson(db())]
    const { resource: _, ...deletion } = item('deleted')
    await say(first, minute(1), { mode: 'delta', entries: [deletion] })
    await say(second, minute(2), { sections: complete('uncategorised'), entries: [item('deleted')] })
    expect(await shownTexts(db(), second)).toEqual(['deleted'])
  })
})

describe('an item that is quarantined', () => {
  const quarantinedAs = (reason: QuarantineReason, name: string) => ({
    sections: complete('uncategorised'),
    quarantined: [
      {
        reason,
        resourceType: 'Observation',
        sourceResourceId: `Observation/${name}`,
        sections: ['uncategorised' as const]
      }
    ]
  })

  test.each(['invalid', 'no-subject'] as const)(
    'as %s stays as it last was, and the reader is told',
    async (reason) => {
      const person = await createPerson(db())
      await say(person, minute(1), { sections: complete('uncategorised'), entries: [item(reason)] })
      await say(person, minute(2), quarantinedAs(reason, reason))
      await say(person, minute(3), quarantinedAs(reason, reason))
      expect(await shownTexts(db(), person)).toEqual([reason])
      expect(await versionOf(person)).toBe(1)
      const state = await readPersonState(db(), person, 'system')
      expect(state?.sources[0]?.sections).toMatchObject([{ section: 'uncategorised', quarantined: 1 }])
      await say(person, minute(4), { sections: complete('uncategorised'), entries: [] })
      expect(await shownTexts(db(), person)).toEqual([])
    }
  )

  test('as somebody else’s is withdrawn', async () => {
    const person = await createPerson(db())
    await say(person, minute(1), { sections: complete('uncategorised'), entries: [item('other')] })
    await say(person, minute(2), quarantinedAs('other-subject', 'other'))
    expect(await shownTexts(db(), person)).toEqual([])
  })
})

test('what was quarantined is counted by section, and no longer once it is sent in order', async () => {
  const person = await createPerson(db())
  const quarantined = [
    { reason: 'other-subject', resourceType: 'DocumentReference', sections: ['consultations'] }
  ] as const
  await say(person, minute(1), { sections: complete('consultations'), quarantined })
  await say(person, minute(2), { sections: complete('consultations'), quarantined })
  const before = await readPersonState(db(), person, 'system')
  expect(before?.sources[0]?.sections).toMatchObject([{ section: 'consultations', quarantined: 1 }])
  await say(person, minute(3), { sections: complete('consultations') })
  const after = await readPersonState(db(), person, 'system')
  expect(after?.sources[0]?.sections).toMatchObject([{ section: 'consultations', quarantined: 0 }])
})

test('items that landed degraded are counted by section', async () => {
  const person = await createPerson(db())
  const entry = item('d1')
  const resource = { ...entry.resource, meta: { tag: [{ system: chesil.itemTag, ...itemTags.degraded }] } }
  await say(person, minute(1), {
    sections: complete('uncategorised'),
    entries: [{ ...entry, resource: resource as typeof entry.resource & object }, item('d2')]
  })
  const state = await readPersonState(db(), person, 'system')
  expect(state?.sources[0]?.sections).toMatchObject([{ section: 'uncategorised', degraded: 1 }])
})
