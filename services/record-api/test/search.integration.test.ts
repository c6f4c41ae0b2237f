import type { Bundle, Observation } from '@chesil/fhir'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Api, nextOf, openApi } from './support/api.ts'
import { createFakePds } from './support/fake-pds.ts'
import { createPeople, idOf, keyOf, type Person, type Said } from './support/people.ts'
import { tokenOf } from './support/readers.ts'
import { useDatabase } from './support/test-servers.ts'

const { database } = useDatabase()
const pds = createFakePds()
const people = createPeople({ database, pds })
let api: Api
let person: Person

const sct = (code: string) => ({ coding: [{ system: 'http://snomed.info/sct', code }] })
const visit: Said = { name: 'visit', type: 'Encounter', content: { status: 'finished' } }
const hidden: Said = {
  name: 'hidden',
  type: 'Encounter',
  content: { status: 'finished', reasonCode: [sct('7654321')] }
}
const weight: Said = {
  name: 'weight',
  content: {
    status: 'final',
    code: sct('27113001'),
    encounter: { reference: keyOf(visit) },
    effectiveDateTime: '2025-02-01',
    valueQuantity: { value: 70.2, unit: 'kg' },
    text: { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml">70.2 kg</div>' }
  }
}
const earlier: Said = {
  name: 'earlier',
  content: { status: 'final', code: sct('27113001'), effectiveDateTime: '2024-02-01' }
}
const pulse: Said = {
  name: 'pulse',
  content: { status: 'final', code: sct('78564009'), effectiveDateTime: '2025-03-01' }
}

beforeAll(async () => {
  api = openApi({ database: database(), pds, sensitiveCodes: new Map([['7654321', 'asylum']]) })
  person = await people.meet()
  await people.say(person, [visit, hidden, weight, earlier, pulse])
})
afterAll(() => api?.close())

const search = (query: string, type = 'Observation') => api.ask(`${type}?patient=${person.id}${query}`)
const itemsOf = (bundle: Bundle, mode = 'match') =>
  (bundle.entry ?? []).flatMap(({ resource, search }) =>
    search?.mode === mode ? [`${resource?.resourceType}/${resource?.id}`] : []
  )

describe('a search finds', () => {
  test.each<[string, Said[]]>([
    ['&code=27113001', [weight, earlier]],
    ['&code=http://snomed.info/sct|27113001&_sort=date', [earlier, weight]],
    ['&code=http://loinc.org|27113001', []],
    ['&code=27113001,78564009', [pulse, weight, earlier]],
    ['&code:not=27113001', [pulse]],
    ['&value-quantity=70||kg', [weight]],
    ['&encounter:missing=false', [weight]],
    [`&encounter=${keyOf(visit)}`, [weight]],
    [`&encounter=${idOf(visit)}&date=ge2026`, []]
  ])('%s', async (query, found) => {
    const { body } = await search(query)
    expect([itemsOf(body), body.total]).toEqual([found.map((said) => keyOf(said)), found.length])
  })

  test('the same when it is posted, whether a parameter is in the form or in the address', async () => {
    const { status, body, headers } = await api.ask('Observation/_search?code=27113001', {
      method: 'POST',
      body: `patient=${person.id}&_sort=date`,
      headers: { 'content-type': 'application/x-www-form-urlencoded' }
    })
    expect([status, headers['cache-control']]).toEqual([200, 'private, no-store'])
    expect(itemsOf(body)).toEqual([keyOf(earlier), keyOf(weight)])
  })

  test('the same in the compartment of a person, and its pages go on', async () => {
    const { status, body } = await api.ask(`Patient/${person.id}/Observation?code=27113001&_count=1`)
    expect([status, itemsOf(body), body.total]).toEqual([200, [keyOf(weight)], 2])
    const next = await api.ask(nextOf(body) ?? '')
    expect(itemsOf(next.body)).toEqual([keyOf(earlier)])
    expect((await api.ask(`Patient/${person.id}/Observation?patient=${person.id}`)).status).toBe(400)
    expect((await api.ask(`Patient/${person.id}/Claim`)).status).toBe(404)
    expect((await api.ask(`Patient/${person.id}/_history`)).body.type).toBe('history')
  })

  test('nothing by a body that is no form: its parameters would be passed over', async () => {
    for (const type of ['application/json', 'application/fhir+json', 'text/plain']) {
      const { status } = await api.ask(`Observation/_search?patient=${person.id}`, {
        method: 'POST',
        body: '{"code":"27113001"}',
        headers: { 'content-type': type }
      })
      expect([type, status]).toEqual([type, 415])
    }
  })

  test('a medicine given by reference by its codes and words, to whom may see what it refers to', async () => {
    const tablet: Said = {
      name: `tablet-${person.id}`,
      type: 'Medication',
      content: {
        code: { coding: [{ system: 'https://dmd.nhs.uk', code: '375374009', display: 'Warfarin 1mg' }] }
      }
    }
    const taken: Said = {
      name: `taken-${person.id}`,
      type: 'MedicationStatement',
      content: { status: 'active', medicationReference: { reference: keyOf(tablet) } }
    }
    const other = await people.meet()
    await people.say(other, [tablet, taken])
    const ask = async (query: string, scope?: string) =>
      itemsOf(
        (
          await api.ask(`MedicationStatement?patient=${other.id}&${query}`, {
            ...(scope && { token: tokenOf({ scope }) })
          })
        ).body
      )
    const without = 'user/Patient.rs user/MedicationStatement.rs'
    for (const query of ['code=375374009', 'code:text=warfarin']) {
      expect(await ask(query)).toEqual([keyOf(taken)])
      expect(await ask(query, without)).toEqual([])
    }
    expect(await ask('', without)).toEqual([keyOf(taken)])
  })

  test('a person by what a form says of them, in no address', async () => {
    const { status, body, headers } = await api.ask('Patient/_search', {
      method: 'POST',
      body: `identifier=${person.nhsNumber}`,
      headers: { 'content-type': 'application/x-www-form-urlencoded' }
    })
    expect([status, headers['cache-control']]).toEqual([200, 'private, no-store'])
    expect(itemsOf(body)).toEqual([`Patient/${person.id}`])
  })

  test('whom an NHS number names, and does not repeat the number in its links', async () => {
    const { body, text } = await api.ask(`Observation?patient.identifier=${person.nhsNumber}&code=78564009`)
    expect(itemsOf(body)).toEqual([keyOf(pulse)])
    expect(text.includes(person.nhsNumber)).toBe(false)
  })

  test('nobody by a number that is nobody’s, in the words for nobody', async () => {
    const nobody = await api.ask('Observation?patient=00000000-0000-8000-8000-000000000000')
    const { status, text } = await api.ask('Observation?patient.identifier=urn:trust|1')
    expect([status, text]).toEqual([404, nobody.text])
  })
})

describe('what is shown', () => {
  test('is only how many there are, with _count=0 or _summary=count', async () => {
    for (const asked of ['_count=0', '_summary=count']) {
      const { body } = await search(`&${asked}`)
      expect([body.total, itemsOf(body), nextOf(body)]).toEqual([3, [], undefined])
      expect(body.entry?.at(-1)?.search?.mode).toBe('outcome')
    }
  })

  test('is without a total where none is wanted', async () => {
    const { body } = await search('&_total=none&_count=1')
    expect(body.total).toBeUndefined()
    expect(nextOf(body)).toBeDefined()
  })

  test.each<[string, string[]]>([
    ['_elements=valueQuantity', ['code', 'id', 'meta', 'resourceType', 'status', 'valueQuantity']],
    ['_elements=value', ['code', 'id', 'meta', 'resourceType', 'status', 'valueQuantity']],
    ['_summary=text', ['code', 'id', 'meta', 'resourceType', 'status', 'text']]
  ])('%s: these elements and those that must be there, tagged', async (asked, names) => {
    const { body } = await search(`&${asked}&value-quantity=70`)
    const { resource } = body.entry?.[0] ?? {}
    expect(Object.keys(resource as Observation).toSorted()).toEqual(names)
    expect(resource?.meta?.tag?.at(-1)?.code).toBe('SUBSETTED')
  })

  test('keeps its shape from page to page', async () => {
    const { body } = await search('&_elements=code&_count=2')
    const { body: second } = await api.ask(nextOf(body) ?? '')
    expect(second.entry?.[0]?.resource?.meta?.tag?.at(-1)?.code).toBe('SUBSETTED')
    expect(itemsOf(second)).toEqual([keyOf(earlier)])
  })

  test.each([
    '_summary=some',
    '_total=all',
    '_elements=a b',
    '_include=colour',
    '_summary=true&_elements=code'
  ])('%s is refused', async (asked) => {
    expect((await search(`&${asked}`)).status).toBe(400)
  })
})

describe('included is', () => {
  test.each<[string, string, string[]]>([
    ['what a match refers to', '_include=Observation:encounter', [keyOf(visit)]],
    ['of one type only', '_include=Observation:encounter:Patient', []],
    [
      'what says where matches come from',
      '_revinclude=Provenance:*',
      [weight, earlier, pulse].map((said) => `Provenance/${idOf(said)}`)
    ],
    ['all of it', '_include=*', [keyOf(visit), 'Patient']]
  ])('%s', async (_case, asked, expected) => {
    const { body } = await search(`&${asked}`)
    const included = itemsOf(body, 'include').map((key) => (key.startsWith('Patient/') ? 'Patient' : key))
    expect(included.toSorted()).toEqual(expected.toSorted())
    expect(body.total).toBe(3)
  })

  test('what refers to a match, and its Provenance', async () => {
    const { body } = await search(
      '&_revinclude=Observation:encounter&_revinclude=Provenance:target',
      'Encounter'
    )
    expect(itemsOf(body)).toEqual([keyOf(visit)])
    expect(itemsOf(body, 'include').toSorted()).toEqual(
      [keyOf(weight), `Provenance/${idOf(visit)}`].toSorted()
    )
  })

  test('nothing that the reader may not see', async () => {
    const token = tokenOf({ scope: 'user/Observation.rs' })
    const { body } = await api.ask(`Observation?patient=${person.id}&_include=*`, { token })
    expect(itemsOf(body, 'include')).toEqual([])
    const provenance = await api.ask(`Observation?patient=${person.id}&_revinclude=Provenance:target`, {
      token
    })
    expect(provenance.status).toBe(403)
  })
})

test.each(['_security:missing=false', 'reason-code=7654321', '_total=accurate&_elements=reasonCode'])(
  'what is kept from a reader is neither found nor counted: %s',
  async (asked) => {
    const { body, text } = await search(`&${asked}`, 'Encounter')
    expect(body.total).toBe(asked.startsWith('_total') ? 1 : 0)
    expect(text.includes(idOf(hidden))).toBe(false)
  }
)
