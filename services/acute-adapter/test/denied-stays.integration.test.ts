import { type Database, deniedInterface } from '@chesil/record-store'
import { beforeEach, describe, expect, test } from 'vitest'
import { useDatabase } from '../../../tests/support/store.ts'
import { bodyOf, readInbox } from './inbox-rows.ts'
import { hospital, message, openIntake, pid, segment } from './support.ts'

const { database: db } = useDatabase()
beforeEach(async () => {
  await db().query('truncate inbox_message, outbox_event, refused_visit cascade')
})

const inbox = () => readInbox(db())

describe('what its source does not share', () => {
  const stay = (control: string, pv1: Readonly<Record<number, string>>) =>
    message({ control, segments: [pid, segment('PV1', { 2: 'I', 3: 'W1^^^RCB', ...pv1 })] })
  const plain = { 19: 'V1' }
  const denied = { 10: '360', 19: 'V1' }

  test('is acknowledged and not kept, but that it came', async () => {
    const { codes, outcomes } = openIntake(db())
    expect(await codes(stay('C1', denied))).toEqual(['AA'])
    expect(await inbox()).toMatchObject([{ state: 'refused', reason: 'denied', body: null }])
    expect(await db().query('select from outbox_event')).toEqual([])
    expect(outcomes).toEqual(['hospital-pas denied'])
  })

  test('takes what comes of the same stay with it', async () => {
    const { codes } = openIntake(db())
    await codes(stay('C1', denied))
    await codes(stay('C2', plain))
    await codes(stay('C3', { 19: 'V2' }))
    expect((await inbox()).map(({ state, body }) => [state, body !== null])).toEqual([
      ['refused', false],
      ['refused', false],
      ['received', true]
    ])
  })

  test('is found where a message tells of two stays, and only that one is refused', async () => {
    const { codes, outcomes } = openIntake(db())
    const beds = (control: string, first: Readonly<Record<number, string>>, second: typeof first) =>
      message({
        control,
        type: 'ADT^A17',
        segments: [pid, segment('PV1', first), pid, segment('PV1', second)]
      })
    await codes(beds('C1', { 19: 'V1' }, { 10: '360', 19: 'V2' }))
    await codes(beds('C2', { 19: 'V3' }, { 19: 'V2' }))
    await codes(stay('C3', { 19: 'V1' }))
    expect(outcomes.map((outcome) => outcome.split(' ')[1])).toEqual(['denied', 'denied', 'new'])
  })

  test('is both stays of a message, where neither is shared', async () => {
    const { codes, outcomes } = openIntake(db())
    const segments = [pid, segment('PV1', denied), pid, segment('PV1', { 10: '504', 19: 'V2' })]
    await codes(message({ control: 'C1', type: 'ADT^A17', segments }))
    await codes(stay('C2', { 19: 'V2' }))
    expect(outcomes.map((outcome) => outcome.split(' ')[1])).toEqual(['denied', 'denied'])
  })

  describe('keeps its number whatever that becomes:', () => {
    const told = (outcomes: readonly string[]) => outcomes.map((outcome) => outcome.split(' ')[1])
    const renumbered = (control: string, event: string, from: string, to: string) =>
      message({
        control,
        type: `ADT^${event}`,
        segments: [pid, `MRG|4711||||${from}`, segment('PV1', { 2: 'I', 19: to })]
      })

    test.each(['A42', 'A44', 'A45', 'A50'])('a stay that is renumbered by %s', async (event) => {
      const { codes, outcomes } = openIntake(db())
      await codes(stay('C1', denied))
      expect(await codes(renumbered('C2', event, 'V1', 'V2'))).toEqual(['AA'])
      await codes(stay('C3', { 19: 'V2' }))
      await codes(renumbered('C4', event, 'V2', 'V3'))
      await codes(stay('C5', { 19: 'V3' }))
      expect(told(outcomes)).toEqual(['denied', 'denied', 'denied', 'denied', 'denied'])
      expect((await inbox()).every(({ body }) => body === null)).toBe(true)
    })

    test('what came under the new number before that was said loses its bytes', async () => {
      const { codes } = openIntake(db())
      await codes(stay('C1', denied))
      await codes(stay('C2', { 19: 'V2' }))
      await codes(renumbered('C3', 'A50', 'V1', 'V2'))
      expect((await inbox()).map(({ body }) => body)).toEqual([null, null, null, null])
    })

    test('a stay that is not refused goes on under its new number', async () => {
      const { codes, outcomes } = openIntake(db())
      await codes(renumbered('C1', 'A50', 'V1', 'V2'))
      await codes(stay('C2', { 19: 'V2' }))
      expect(told(outcomes)).toEqual(['new', 'new'])
    })

    test('a stay that is known by its account', async () => {
      const { codes, outcomes } = openIntake(db())
      const account = 'PID|1||4711^^^RCB^MR||SMITH^ANNA||19700101|2||||||||||ACC1'
      const of = (control: string, type: string, pv1: string) =>
        message({ control, type, segments: [account, pv1] })
      await codes(of('C1', 'ADT^A08', 'PV1|1|I'))
      await codes(of('C2', 'ADT^A01', segment('PV1', { 2: 'I', 10: '360' })))
      await codes(of('C3', 'ADT^A03', 'PV1|1|I'))
      expect(told(outcomes)).toEqual(['new', 'denied', 'denied'])
      expect((await inbox()).map(({ body }) => body)).toEqual([null, null, null])
    })
  })

  describe('leaves of a message what it says of who is who:', () => {
    const mentions = (control: string, event: string, pv1: string) =>
      message({
        control,
        type: `ADT^${event}`,
        segments: [
          'EVN||20261122||||20261122|GUM1',
          `${pid}||||||||||ACC1`,
          'PD1||||G1',
          'MRG|4712||ACC1||V1',
          pv1,
          'PID|2||4713^^^RCB^MR',
          'DG1|1||A54'
        ]
      })
    const clinic = segment('PV1', { 2: 'O', 3: 'GUM', 19: 'V1' })
    const kept = (event: string) =>
      [
        `MSH|^~\\&|PAS|RCB|CHESIL|HUB|20261122100000||ADT^${event}|C1|P|2.4||||||`,
        'EVN||20261122||||20261122|',
        `${pid}||||||||||`,
        'MRG|4712||||',
        'PID|2||4713^^^RCB^MR'
      ].join('\r')

    test.each(['A18', 'A24', 'A34', 'A37', 'A40'])('%s, where it names a clinic', async (event) => {
      const { codes, outcomes } = openIntake(db())
      expect(await codes(mentions('C1', event, clinic))).toEqual(['AA'])
      const rows = await inbox()
      expect(rows.map((row) => row.state).sort()).toEqual(['received', 'refused'])
      expect(rows.flatMap((row) => bodyOf(row) ?? [])).toEqual([kept(event)])
      await codes(stay('C2', { 19: 'V1' }))
      expect(outcomes.map((outcome) => outcome.split(' ')[1])).toEqual(['denied', 'denied'])
    })

    test('where the stay was refused before, and once however often it comes', async () => {
      const { codes } = openIntake(db())
      await codes(stay('C0', denied))
      for (let times = 0; times < 3; times++) await codes(mentions('C1', 'A40', segment('PV1', { 19: 'V1' })))
      expect((await inbox()).flatMap((row) => bodyOf(row) ?? [])).toEqual([kept('A40')])
    })

    test('of a message that is sent again because the rest of it could not be kept', async () => {
      let taken = 0
      const flaky: Database = {
        ...db(),
        transaction: (work) => (++taken === 2 ? Promise.reject(new Error()) : db().transaction(work))
      }
      const { codes } = openIntake(flaky)
      expect(await codes(mentions('C1', 'A40', clinic))).toEqual(['AE'])
      expect(await codes(mentions('C1', 'A40', clinic))).toEqual(['AA'])
      expect((await inbox()).flatMap((row) => bodyOf(row) ?? [])).toEqual([kept('A40')])
    })

    test('all of it, where nothing is denied', async () => {
      const { codes } = openIntake(db())
      const plainMerge = mentions('C1', 'A40', segment('PV1', { 3: 'W1', 19: 'V1' }))
      await codes(plainMerge)
      expect((await inbox()).map(bodyOf)).toEqual([plainMerge])
    })

    test('nothing of a stay that moves', async () => {
      const { codes } = openIntake(db())
      await codes(mentions('C1', 'A45', clinic))
      expect((await inbox()).map(({ body }) => body)).toEqual([null])
    })
  })

  test('takes what came of the same stay before, too', async () => {
    const { codes } = openIntake(db())
    await codes(stay('C1', plain))
    await codes(stay('C2', denied))
    expect(await inbox()).toMatchObject([
      { control_id: 'C1', state: 'refused', reason: 'denied', body: null },
      { control_id: 'C2', state: 'refused', body: null }
    ])
  })

  test('leaves a row to map where something of the stay was mapped before', async () => {
    const { codes } = openIntake(db())
    await codes(stay('C1', plain))
    await db().query(
      `with person as (insert into patient (id) values (gen_random_uuid()) returning id),
            message as (update inbox_message set state = 'mapped' returning id)
       insert into contribution (id, inbox_message_id, source_id, authority, patient_id, source_time, content_hash, state)
       select gen_random_uuid(), message.id, 'hospital-pas', 'system', person.id, now(), '', 'applied' from person, message`
    )
    await codes(stay('C2', denied))
    expect(await inbox()).toMatchObject([
      { control_id: 'C1', state: 'mapped', body: null },
      { control_id: 'C2', state: 'received', reason: 'denied', interface: deniedInterface, body: null }
    ])
  })

  test.each([
    ['a ward', { locations: ['gum clinic'] }, ['PV1|1|O|GUM Clinic^^^RCB']],
    ['a ward whose name is escaped', { locations: ['A&E'] }, ['PV1|1|E|A\\T\\E^^^RCB']],
    ['a clinic of an appointment', { locations: ['GUM'] }, ['AIL|1||GUM^^^RCB']],
    [
      'a clinic that an appointment names as its schedule',
      { locations: ['GUM1'] },
      ['SCH|1|2|||GUM1^Clinic']
    ],
    ['a clinic that an appointment names as its service', { locations: ['GUM1'] }, ['AIS|1||GUM1^Clinic']],
    ['a clinic that an appointment names as its resource', { locations: ['GUM1'] }, ['AIG|1||GUM1^Clinic']],
    ['a site', { locations: ['RJ1SH'] }, ['PV1|1|O|W1^^^RJ1SH&2.16.840&ISO']],
    ['a treatment function with a subcomponent', {}, [segment('PV1', { 10: '360&GUM' })]],
    ['a treatment function in escapes', {}, [segment('PV1', { 10: '\\X333630\\' })]],
    ['a treatment function of an appointment', {}, ['AIS|1||360^GUM^NHS']],
    ['a segment that goes on in a further line', {}, ['PV1|1|O|W1|||||||\n360']],
    ['a clinic’s name', {}, ['PV1|1|O|C7^^^^^^^^Genito-Urinary  Medicine']],
    ['a clinic that is called so', {}, ['PV1|1|O|GUM']],
    ['a specialty in words', {}, [segment('PV1', { 10: 'LOC1^Fertility' })]],
    ['a document in words', {}, ['TXA|1|L7^Gender identity clinic letter']],
    ['a word of its own list', { words: ['needle exchange'] }, ['PV1|1|O|Needle Exchange East']],
    ['a document', { documentTypes: ['LTR-GUM'] }, ['TXA|1|LTR-GUM^Letter']],
    ['a test', { documentTypes: ['HIV'] }, ['OBR|1|||HIV^HIV serology', 'OBX|1|ST|X||neg']],
    ['a result by its other code', { documentTypes: ['165816005'] }, ['OBX|1|ST|X^^L^165816005^^SCT||neg']],
    ['a treatment function of its own list', { treatmentFunctions: ['502'] }, [segment('PV1', { 10: '502' })]]
  ])('is found by %s', async (_what, refuse, segments) => {
    const { outcomes, codes } = openIntake(db(), [hospital({ refuse })])
    await codes(message({ segments: [pid, ...segments] }))
    expect(outcomes).toEqual(['hospital-pas denied'])
  })

  test.each([
    ['a dental ward', 'PV1|1|O|Gum disease'],
    ['an infusion', 'TXA|1|L7^IVF chart'],
    ['a name with the word inside', 'PV1|1|O|Begum Ward'],
    ['a place that happens to be called by a number', 'PV1|1|O|360']
  ])('is not %s', async (_what, other) => {
    const { outcomes, codes } = openIntake(db())
    await codes(message({ segments: [pid, other] }))
    expect(outcomes).toEqual(['hospital-pas new'])
  })

  test('is not the default where the source has a list of its own', async () => {
    const { outcomes, codes } = openIntake(db(), [hospital({ refuse: { treatmentFunctions: [] } })])
    await codes(stay('C1', denied))
    expect(outcomes).toEqual(['hospital-pas new'])
  })
})
