import { itemTags } from '@chesil/contracts'
import { type Bundle, chesil, type Patient, type RelatedPerson } from '@chesil/fhir'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Api, keysOf, openApi } from './support/api.ts'
import { createFakePds } from './support/fake-pds.ts'
import { canary, createPeople, keyOf, type Person, type Said } from './support/people.ts'
import { tokenOf } from './support/readers.ts'
import { useDatabase } from './support/test-servers.ts'

const { database } = useDatabase()
const pds = createFakePds()
const people = createPeople({ database, pds })
const clock = { ahead: 0 }
const street = '2 Claimed Row'
let api: Api
let person: Person

/** What a trust holds about a person: a Patient beside the one of PDS. */
const claim: Said = {
  name: 'claim',
  type: 'Patient',
  sections: ['demographics'],
  content: {
    meta: { tag: [{ system: chesil.itemTag, ...itemTags.sourceClaim }] },
    name: [{ family: canary.family }],
    address: [{ line: [street] }],
    telecom: [{ system: 'phone', value: '01632 960001' }]
  }
}
const kin: Said = {
  name: 'kin',
  type: 'RelatedPerson',
  sections: ['demographics'],
  content: { name: [{ family: 'Kin' }], address: [{ line: [street] }] }
}
const pulse: Said = { name: 'pulse' }
const appointment: Said = {
  name: 'appointment',
  type: 'Appointment',
  sections: ['appointments'],
  content: {
    status: 'booked',
    start: '2026-12-01T09:00:00Z',
    identifier: [{ system: 'urn:trust', value: 'A1' }]
  }
}

beforeAll(async () => {
  api = openApi({ database: database(), pds, now: () => Date.now() + clock.ahead })
  person = await people.meet()
  await people.say(person, [claim, kin, pulse, appointment])
})
afterAll(() => api?.close())

const patient = () => `Patient/${person.id}`
const everything = (query = '') => api.ask<Bundle>(`${patient()}/$everything${query}`)

describe('what a trust claims about a person', () => {
  test('comes after the person, before the rest', async () => {
    const { body } = await everything()
    expect(keysOf(body).slice(0, 2)).toEqual([patient(), keyOf(claim)])
    const { body: only } = await everything('?_type=Patient')
    expect(keysOf(only)).toEqual([patient(), keyOf(claim)])
  })

  test.each<[string, () => string]>([
    ['by number', () => `Patient?identifier=${person.nhsNumber}`],
    ['by id', () => `Patient?_id=${person.id}`]
  ])('is not found when the person is, %s', async (_case, path) => {
    expect(keysOf((await api.ask(path())).body)).toEqual([patient()])
  })

  test('is nobody to be searched for, asked everything about, or refreshed', async () => {
    const { body } = await api.ask(`Patient?_id=${keyOf(claim).slice('Patient/'.length)}`)
    expect(keysOf(body)).toEqual([])
    expect((await api.ask(`${keyOf(claim)}/$everything`)).status).toBe(404)
    expect((await api.ask(`${keyOf(claim)}/$refresh`, { method: 'POST' })).status).toBe(404)
  })

  test('is read by its own id as it was said, with its history', async () => {
    const { status, body } = await api.ask<Patient>(keyOf(claim))
    expect([status, body.id, body.address?.[0]?.line]).toEqual([200, keyOf(claim).slice(8), [street]])
    expect(body.meta?.tag?.map(({ code }) => code)).toContain('source-claim')
    expect((await api.ask(`${keyOf(claim)}/_history`)).body.total).toBe(1)
  })

  test('has no address while PDS cannot be asked, nor have their next of kin', async () => {
    pds.isAway = true
    clock.ahead = 2 * 86_400_000
    try {
      expect((await api.ask<Patient>(keyOf(claim))).body).not.toHaveProperty('address')
      expect((await api.ask<RelatedPerson>(keyOf(kin))).body).toMatchObject({ name: [{ family: 'Kin' }] })
      for (const path of [keyOf(claim), keyOf(kin), `${keyOf(claim)}/_history`, `${patient()}/$everything`]) {
        const { status, text } = await api.ask(path)
        expect(status).toBe(200)
        expect(text).not.toMatch(new RegExp(`${street}|01632|${canary.postcode}`))
      }
    } finally {
      pds.isAway = false
      clock.ahead = 0
    }
  })
})

test('a clerk sees appointments, and finds them by what identifies them, and nothing clinical', async () => {
  const token = tokenOf({ role: 'clerical' })
  const { body } = await api.ask(`${patient()}/$everything`, { token })
  expect(keysOf(body)).toEqual([patient(), keyOf(claim), keyOf(appointment)])
  const search = async (query: string) =>
    keysOf((await api.ask(`Appointment?patient=${person.id}&${query}`, { token })).body)
  expect(await search('identifier=urn:trust|A1&date=ge2026-12-01&status=booked')).toEqual([
    keyOf(appointment)
  ])
  expect(await search('identifier=A2')).toEqual([])
})
