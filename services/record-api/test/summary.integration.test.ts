import {
  type Bundle,
  type Composition,
  type CompositionSection,
  type List,
  type OperationOutcome,
  type Resource,
  systems
} from '@chesil/fhir'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createValidator } from '../../../packages/fhir-validator/src/index.ts'
import { ipsProblems } from '../../../tests/support/ips-rules.ts'
import { type Api, openApi } from './support/api.ts'
import { createFakePds } from './support/fake-pds.ts'
import { createPeople, keyOf, type Person, type Said } from './support/people.ts'
import { type ReaderOptions, tokenOf } from './support/readers.ts'
import { useDatabase } from './support/test-servers.ts'

const { database } = useDatabase()
const pds = createFakePds()
const people = createPeople({ database, pds })
const { validate } = createValidator()
let api: Api
let person: Person

/** Its name is this person's alone: a source's item is never two people's. */
const allergy = (name: string, content: object = {}): Said => ({
  name: `${name} ${person.id}`,
  type: 'AllergyIntolerance',
  sections: ['allergies'],
  content: {
    clinicalStatus: { coding: [{ system: systems.allergyClinical, code: 'active' }] },
    verificationStatus: { coding: [{ system: systems.allergyVerification, code: 'unconfirmed' }] },
    code: { text: name },
    subject: undefined,
    patient: { reference: `Patient/${person.id}` },
    ...content
  }
})
const nil = () =>
  allergy('none', {
    code: { coding: [{ system: systems.snomed, code: '716186003' }], text: 'NKA' }
  })
const problem = (): Said => ({
  name: `asthma ${person.id}`,
  type: 'Condition',
  sections: ['problems'],
  content: {
    code: { text: 'Asthma' },
    clinicalStatus: { coding: [{ system: systems.conditionClinical, code: 'active' }] }
  }
})
const sensitive = (): Said => ({
  name: `hidden ${person.id}`,
  type: 'Condition',
  sections: ['problems'],
  content: {
    code: { text: 'Hidden thing' },
    clinicalStatus: { coding: [{ system: systems.conditionClinical, code: 'active' }] },
    meta: { security: [{ system: 'https://chesil.example/fhir/CodeSystem/label', code: 'prison' }] }
  }
})

beforeAll(() => {
  api = openApi({ database: database(), pds })
})
afterAll(() => api?.close())

const ask = (reader: ReaderOptions = {}, headers: Record<string, string> = {}, method = 'GET') =>
  api.ask<Bundle>(`Patient/${person.id}/$summary`, { token: tokenOf(reader), headers, method })

function compositionOf({ entry = [] }: Bundle): Composition {
  const [first] = entry
  if (first?.resource?.resourceType !== 'Composition') throw new Error('There is no Composition')
  return first.resource
}

function sectionOf(bundle: Bundle, code: string): CompositionSection | undefined {
  return compositionOf(bundle).section?.find((one) => one.code?.coding?.[0]?.code === code)
}
const stateOf = (bundle: Bundle, code: string) =>
  sectionOf(bundle, code)?.extension?.[0]?.valueCodeableConcept?.coding?.[0]?.code

describe('a record with content', () => {
  beforeAll(async () => {
    person = await people.meet()
    await people.say(person, [allergy('penicillin'), problem()], {
      sections: ['allergies', 'problems', 'medications']
    })
  })

  test('is answered as a valid document', async () => {
    const { status, headers, body } = await ask()
    expect(status).toBe(200)
    expect(headers['content-type']).toBe('application/fhir+json; charset=utf-8')
    expect(headers['chesil-completeness']).toBe('complete')
    expect(ipsProblems(body)).toEqual([])
    expect(validate(body)).toEqual([])
    for (const { resource } of body.entry ?? []) expect(validate(resource as Resource)).toEqual([])
    expect(sectionOf(body, '48765-2')?.entry).toEqual([{ reference: keyOf(allergy('penicillin')) }])
    expect(body.entry?.[1]?.resource).toMatchObject({ resourceType: 'Patient', id: person.id })
  })

  test('is the same document until something changes, plain or compressed', async () => {
    const [plain, zipped] = [await ask(), await ask({}, { 'accept-encoding': 'gzip' })]
    expect(zipped.headers['content-encoding']).toBe('gzip')
    expect(zipped.text).toBe(plain.text)
    await people.say(person, [allergy('penicillin'), allergy('latex'), problem()], {
      sections: ['allergies', 'problems', 'medications']
    })
    const later = await ask()
    expect(later.headers['etag']).not.toBe(plain.headers['etag'])
    expect(sectionOf(later.body, '48765-2')?.entry).toHaveLength(2)
  })

  test('is not sent again to whoever has it, and its head says the same', async () => {
    const { headers, text } = await ask()
    const again = await ask({}, { 'if-none-match': headers['etag'] ?? '' })
    expect(again).toMatchObject({ status: 304, text: '' })
    const head = await ask({}, {}, 'HEAD')
    expect(head.headers['etag']).toBe(headers['etag'])
    expect(head.headers['content-length']).toBe(String(Buffer.byteLength(text)))
  })

  test('takes no parameters but _format', async () => {
    const path = `Patient/${person.id}/$summary`
    expect((await api.ask(`${path}?_format=json`)).status).toBe(200)
    expect((await api.ask(`${path}?_count=5`)).status).toBe(400)
  })
})

describe('absence', () => {
  test('none known is said by a practice that has answered in full', async () => {
    person = await people.meet()
    await people.say(person, [nil()], { sections: ['allergies'] })
    expect(stateOf((await ask()).body, '48765-2')).toBe('none-known')
  })

  test('is conflict beside an allergy, and silence where nobody said anything', async () => {
    person = await people.meet()
    await people.say(person, [nil(), allergy('nuts')], { sections: ['allergies'] })
    const { body } = await ask()
    expect(stateOf(body, '48765-2')).toBe('conflict')
    expect(stateOf(body, '10160-0')).toBe('source-silent')
  })

  test('of somebody of whom nothing is known is no information', async () => {
    person = await people.meet('Z99999')
    const { status, body } = await ask()
    expect(status).toBe(200)
    expect(ipsProblems(body)).toEqual([])
    const absent = body.entry?.flatMap(({ resource }) =>
      resource?.resourceType === 'AllergyIntolerance' ? (resource.code?.coding?.[0]?.code ?? []) : []
    )
    expect(absent).toEqual(['no-allergy-info'])
  })
})

describe('what a reader may not see', () => {
  beforeAll(async () => {
    person = await people.meet()
    await people.say(person, [nil(), problem(), sensitive()], {
      sections: ['allergies', 'problems', 'investigations']
    })
  })

  test('an item with a label stands nowhere in the document, and no section is known to be empty', async () => {
    const { text, body } = await ask()
    expect(text).not.toContain('Hidden thing')
    expect(stateOf(body, '48765-2')).toBe('withheld')
    const { body: full } = await ask({ role: 'social-care-practitioner' })
    expect(JSON.stringify(full)).toContain('Hidden thing')
    expect(compositionOf(full).confidentiality).toBe('R')
  })

  test('a role that sees little is told so of each section, in the same words for everybody', async () => {
    const { body } = await ask({ role: 'clerical', purpose: 'TREAT' })
    expect(ipsProblems(body)).toEqual([])
    const known = sectionOf(body, '11450-4')
    const types = body.entry?.map(({ resource }) => resource?.resourceType)
    expect(stateOf(body, '11450-4')).toBe('withheld')
    expect(types?.filter((type) => type === 'Condition')).toHaveLength(1)
    const other = await people.meet()
    const empty = await api.ask<Bundle>(`Patient/${other.id}/$summary`, {
      token: tokenOf({ role: 'clerical', purpose: 'TREAT' })
    })
    expect(sectionOf(empty.body, '11450-4')?.text).toEqual(known?.text)
  })

  test('a purpose that is not care is refused', async () => {
    expect((await ask({ role: 'data-quality', purpose: 'HQUALIMP' })).status).toBe(403)
  })

  test('somebody who must not be shown is nobody', async () => {
    const { status, body } = await api.ask<OperationOutcome>(
      'Patient/00000000-0000-4000-8000-000000000000/$summary'
    )
    expect(status).toBe(404)
    expect(body.resourceType).toBe('OperationOutcome')
    await people.close(person, 'restricted')
    const closed = await ask()
    expect(closed.status).toBe(404)
    expect(closed.text).toBe(JSON.stringify(body))
  })
})

describe('the whole record, in its outcome,', () => {
  const everything = async (part = '', reader: ReaderOptions = {}) => {
    const { body } = await api.ask<Bundle>(`Patient/${person.id}/$everything${part}`, {
      token: tokenOf(reader)
    })
    const outcome = body.entry?.at(-1)?.resource as OperationOutcome
    const lists = (outcome.contained ?? []) as List[]
    const reasons = lists.map(({ code, emptyReason }) => [
      code?.coding?.[0]?.code,
      ...(emptyReason?.coding ?? []).map((coding) => coding.code)
    ])
    return { outcome, reasons }
  }
  beforeAll(async () => {
    person = await people.meet()
    await people.say(person, [problem()], { sections: ['allergies', 'problems'] })
  })

  test('has a list for each section of which nothing is shown, with the reason', async () => {
    const { outcome, reasons } = await everything()
    expect(validate(outcome)).toEqual([])
    expect(reasons).toContainEqual(['48765-2', 'notasked', 'none-recorded'])
    expect(reasons).toContainEqual(['10160-0', 'unavailable', 'source-silent'])
    expect(reasons.map(([code]) => code)).not.toContain('11450-4')
    expect(outcome.extension?.map(({ valueReference }) => valueReference?.reference)).toContain('#48765-2')
  })

  test('says nothing of what a part of it leaves out', async () => {
    expect((await everything('?_type=Condition')).reasons).toEqual([])
  })

  test('tells no reader of a section that they may not see', async () => {
    const { reasons } = await everything('', { role: 'clerical', purpose: 'TREAT' })
    expect(new Set(reasons.map(([, , reason]) => reason))).toEqual(new Set(['withheld']))
  })
})
