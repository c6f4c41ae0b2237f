import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Api, openApi } from './support/api.ts'
import { createFakePds } from './support/fake-pds.ts'
import { createPeople, idOf, keyOf, type Said } from './support/people.ts'
import { useDatabase } from './support/test-servers.ts'

const { database } = useDatabase()
const pds = createFakePds()
const people = createPeople({ database, pds })
let api: Api
beforeAll(() => {
  api = openApi({ database: database(), pds, sensitiveCodes: new Map([['1234567', 'nobody']]) })
})
afterAll(() => api?.close())

const sections = ['medications'] as const
const statement = (name: string, medicine: Said): Said => ({
  name,
  type: 'MedicationStatement',
  content: { status: 'active', medicationReference: { reference: `Medication/${idOf(medicine)}` } },
  sections
})
const medication = (name: string, code: string): Said => ({
  name,
  type: 'Medication',
  content: { code: { coding: [{ system: 'http://snomed.info/sct', code }] } },
  sections
})

/** Somebody with a medicine that nobody may see and an ordinary one, of whom the source then says less. */
async function somebody(
  name: string,
  later: (all: Record<'secret' | 'order' | 'plain' | 'other', Said>) => Said[]
) {
  const [secret, plain] = [medication(`${name}-secret`, '1234567'), medication(`${name}-plain`, '7654321')]
  const order = statement(`${name}-order`, secret)
  const other = statement(`${name}-other`, plain)
  const person = await people.meet()
  await people.say(person, [secret, order, plain, other], { at: Date.now() - 60_000 })
  await people.say(person, later({ secret, order, plain, other }), { sections })
  const statusOf = async (path: string) => (await api.ask(path)).status
  return {
    item: await statusOf(keyOf(order)),
    history: await statusOf(`${keyOf(order)}/_history`),
    otherHistory: await statusOf(`${keyOf(other)}/_history`)
  }
}

describe('an order of a medicine that nobody may see is not shown, nor its history, nor that it was withdrawn:', () => {
  test('while both are said', async () => {
    const answers = await somebody('both', ({ secret, order, plain, other }) => [secret, order, plain, other])
    expect(answers).toEqual({ item: 404, history: 404, otherHistory: 200 })
  })

  test('after the order was withdrawn', async () => {
    const answers = await somebody('order', ({ secret, plain, other }) => [secret, plain, other])
    expect(answers).toEqual({ item: 404, history: 404, otherHistory: 200 })
  })

  test('after both were withdrawn', async () => {
    const answers = await somebody('none', ({ plain, other }) => [plain, other])
    expect(answers).toEqual({ item: 404, history: 404, otherHistory: 200 })
  })
})
