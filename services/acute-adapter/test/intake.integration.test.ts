import { gunzipSync } from 'node:zlib'
import { type Database, deniedInterface } from '@chesil/record-store'
import { beforeEach, describe, expect, test } from 'vitest'
import { useDatabase } from '../../../tests/support/store.ts'
import { hospital, message, openIntake, pid, segment } from './support.ts'

const { database: db } = useDatabase()
beforeEach(async () => {
  await db().query('truncate inbox_message, outbox_event, refused_visit cascade')
})

interface Row {
  readonly id: string
  readonly interface: string
  readonly control_id: string
  readonly control_id_reused: boolean
  readonly event: string
  readonly state: string
  readonly reason: string | null
  readonly body: Buffer | null
  readonly character_set: string
  readonly character_set_guessed: boolean
}
const inbox = () => db().query<Row>('select * from inbox_message order by received_at, control_id, body_hash')
const bodyOf = ({ body }: Row) => body && gunzipSync(body).toString('latin1')

test('AA means that the bytes are kept as they came, and announced for mapping', async () => {
  const { say, outcomes } = openIntake(db())
  expect((await say(message()))[0]).toContain('MSA|AA|C1')
  const [row, ...others] = await inbox()
  expect(others).toEqual([])
  expect(row).toMatchObject({ state: 'received', event: 'ADT^A01', control_id: 'C1', patient_id: null })
  expect(row && bodyOf(row)).toBe(message())
  expect(await db().query('select queue, row_id from outbox_event')).toEqual([
    { queue: 'map-acute', row_id: row?.id }
  ])
  expect(outcomes).toEqual(['hospital-pas new'])
})

describe('the same number', () => {
  test('and the same message: acknowledged again, kept once', async () => {
    const { codes, outcomes } = openIntake(db())
    expect([await codes(message()), await codes(message())]).toEqual([['AA'], ['AA']])
    expect(await inbox()).toHaveLength(1)
    expect(outcomes).toEqual(['hospital-pas new', 'hospital-pas again'])
  })

  test('and the same message many times at once: kept once', async () => {
    const { codes } = openIntake(db())
    const answers = await Promise.all(Array.from({ length: 50 }, () => codes(message())))
    expect(new Set(answers.flat())).toEqual(new Set(['AA']))
    expect(await inbox()).toHaveLength(1)
    expect(await db().query('select from outbox_event')).toHaveLength(1)
  })

  test('and another message: both kept, and flagged', async () => {
    const { codes, flags } = openIntake(db())
    await codes(message())
    expect(await codes(message({ segments: ['PID|1||9^^^RCB^MR'] }))).toEqual(['AA'])
    expect((await inbox()).map((row) => row.control_id_reused)).toEqual([false, true])
    expect(flags).toEqual(['hospital-pas control-id-reused'])
  })

  test('and another message at the same time: both kept, one flagged', async () => {
    const { codes } = openIntake(db())
    await Promise.all([codes(message()), codes(message({ segments: ['PID|1||9^^^RCB^MR'] }))])
    expect((await inbox()).map((row) => row.control_id_reused).sort()).toEqual([false, true])
  })

  test('of another system of the source is no repetition', async () => {
    const { codes, flags } = openIntake(db())
    await codes(message())
    await codes(message({ sender: 'LAB|RCB' }))
    expect(await inbox()).toHaveLength(2)
    expect(flags).toEqual([])
  })
})

describe('AR, and nothing kept:', () => {
  test.each([
    ['no MSH', 'hello', '100'],
    ['a batch', 'BHS|^~\\&|PAS|RCB\r', '100'],
    ['two messages in one frame', message() + message({ control: 'C2' }), '100'],
    ['no message type', message({ type: '' }), '101'],
    ['no control id', message({ control: '' }), '101'],
    ['a control id that cannot be printed', message({ control: 'a\x01b' }), '102'],
    ['an unknown sender', message({ sender: 'PAS|XYZ' }), '204'],
    ['a character set that cannot be read', message({ characterSet: 'ISO IR87' }), '103']
  ])('%s', async (_what, text, code) => {
    const { say } = openIntake(db())
    const [answer] = await say(text)
    expect(answer).toMatch(/^MSA\|AR/m)
    expect(answer).toMatch(new RegExp(`^ERR\\|.*\\b${code}[&^]`, 'm'))
    expect(await inbox()).toEqual([])
  })
})

test('AE while the database cannot be reached, and AA when it is sent again', async () => {
  let isAway = true
  const flaky = {
    transaction: (work: never) =>
      isAway ? Promise.reject(new Error('connect ECONNREFUSED')) : db().transaction(work)
  } as Database
  const { codes, errors, outcomes } = openIntake(flaky)
  expect(await codes(message())).toEqual(['AE'])
  isAway = false
  expect(await codes(message())).toEqual(['AA'])
  expect(await inbox()).toHaveLength(1)
  expect(errors).toHaveLength(1)
  expect(outcomes).toEqual(['hospital-pas unavailable', 'hospital-pas new'])
})

test('an acknowledgement is not answered', async () => {
  const { codes } = openIntake(db())
  expect(await codes(message({ type: 'ACK^A01', segments: ['MSA|AA|1'] }))).toEqual([])
  expect(await inbox()).toEqual([])
})

test('a sender is known by application and facility, else by facility alone', async () => {
  const sources = [
    hospital(),
    hospital({ id: 'hospital-lab', senders: [{ application: 'LAB', facility: 'RCB' }] }),
    hospital({ id: 'retired', releaseStage: 'retired', senders: [{ facility: 'OLD' }] })
  ]
  const { codes, outcomes } = openIntake(db(), sources)
  await codes(message({ sender: 'LAB^1.2.3^ISO|rcb^2.3.4^ISO' }))
  await codes(message({ sender: 'PAS|RCB', control: 'C2' }))
  await codes(message({ sender: 'PAS|OLD', control: 'C3' }))
  expect(outcomes).toEqual(['hospital-lab new', 'hospital-pas new', 'unknown unknownSender'])
})

describe('RENÉ', () => {
  test.each([
    ['8859/1', Buffer.from('RENÉ', 'latin1'), 'iso-8859-1', false],
    ['UNICODE UTF-8', Buffer.from('RENÉ'), 'utf8', false],
    ['', Buffer.from('RENÉ'), 'utf8', false],
    ['', Buffer.from('RENÉ', 'latin1'), 'windows-1252', true],
    ['UNICODE UTF-8', Buffer.from('RENÉ', 'latin1'), 'windows-1252', true]
  ])('of %j as %j is read as %s', async (characterSet, name, read, isGuessed) => {
    const { codes, flags } = openIntake(db())
    const [before = '', after = ''] = message({ characterSet }).split('ANNA')
    const bytes = Buffer.concat([Buffer.from(before), name, Buffer.from(after)])
    expect(await codes(bytes)).toEqual(['AA'])
    const [row] = await inbox()
    expect(row).toMatchObject({ character_set: read, character_set_guessed: isGuessed })
    expect(row?.body && gunzipSync(row.body).equals(bytes)).toBe(true)
    expect(flags).toEqual(isGuessed ? ['hospital-pas character-set-guessed'] : [])
  })
})

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
