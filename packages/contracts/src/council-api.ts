import Type, { type Static, type TSchema } from 'typebox'

/**
 * What Chesil asks a council's system, and what that answers: one person at a time, by NHS number. The document that a
 * council builds by is made of this (openapi/council-api.json).
 *
 * An answer may hold more than stands here: a reader ignores what it does not know, and keeps a word that is on no list
 * as text.
 */

/** More than any person has: an answer beyond these is refused as a whole. */
export const councilLimits = { items: 500, words: 2_000, name: 200 } as const

const Id = (of: string) =>
  Type.String({ pattern: '^[!-~]{1,64}$', description: `${of}, the same for ever; without spaces.` })
const Words = (description: string, maxLength: number = councilLimits.words) =>
  Type.String({ minLength: 1, maxLength, description })
const Name = (description: string) => Words(description, councilLimits.name)
const Day = (description: string) =>
  Type.String({ pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}$', description: `${description} YYYY-MM-DD.` })
const Instant = (description: string) => Type.String({ format: 'date-time', description })
const Telephone = Type.Optional(Type.String({ minLength: 1, maxLength: 60 }))
const NhsNumberText = Type.String({ pattern: '^[0-9]{10}$', description: 'NHS number, without spaces.' })
const Items = <Item extends TSchema>(item: Item, description: string) =>
  Type.Array(item, { maxItems: councilLimits.items, description })

export const CouncilQuestion = Type.Object(
  {
    nhsNumber: NhsNumberText,
    since: Type.Optional(
      Instant(
        'Only what could be answered for the first time, or otherwise than before, since then. An earlier answer may be repeated. Whoever cannot tell answers in full.'
      )
    )
  },
  { additionalProperties: false }
)
export type CouncilQuestion = Static<typeof CouncilQuestion>

/** Whom the council means: compared with what PDS says, before anything is believed. */
export const CouncilPerson = Type.Object({
  laPersonId: Id('The council’s own number of the person'),
  nhsNumber: NhsNumberText,
  birthDate: Day('Date of birth.'),
  family: Name('Family name.'),
  given: Type.Array(Name('Given name.'), { minItems: 1, maxItems: 10 }),
  gender: Type.Optional(Words('`female`, `male`, `other` or `unknown`.', 20))
})
export type CouncilPerson = Static<typeof CouncilPerson>

export const CouncilService = Type.Object({
  id: Id('Of the service, among the person’s'),
  type: Type.Optional(Name('As Client Level Data has it: `Service_Type` of release 2.')),
  component: Type.Optional(Name('As Client Level Data has it: `Service_Component` of release 2.')),
  deliveryMechanism: Type.Optional(Name('As Client Level Data has it: `Delivery_Mechanism` of release 2.')),
  description: Type.Optional(Words('In words.')),
  provider: Type.Optional(Name('Who gives the care.')),
  start: Type.Optional(Day('First day.')),
  end: Type.Optional(Day('Last day, also one that lies ahead; absent while none is planned.')),
  unitsPerWeek: Type.Optional(Type.Number({ minimum: 0, description: 'Planned.' })),
  unit: Type.Optional(Name('What is counted, in the plural: `hours`, `visits`, `days`. Absent: not said.'))
})
export type CouncilService = Static<typeof CouncilService>

export const CouncilContact = Type.Object({
  id: Id('Of the contact, among the person’s'),
  name: Name('Full name.'),
  role: Type.Optional(Name('What they are to the person: daughter, neighbour, attorney.')),
  isCarer: Type.Optional(Type.Boolean({ description: 'Whether they care for the person, unpaid.' })),
  telephone: Telephone
})
export type CouncilContact = Static<typeof CouncilContact>

export const CouncilKeyWorker = Type.Object({
  id: Id('Of the worker, at the council'),
  name: Name('Full name.'),
  role: Type.Optional(Name('e.g. `Social worker`.')),
  telephone: Telephone
})
export type CouncilKeyWorker = Static<typeof CouncilKeyWorker>

export const CouncilTeam = Type.Object({
  id: Id('Of the team, at the council'),
  name: Name('As the council calls it.'),
  telephone: Telephone
})
export type CouncilTeam = Static<typeof CouncilTeam>

export const CouncilReview = Type.Object({
  id: Id('Of the review, among the person’s'),
  due: Day('By when care and support are to be reviewed.'),
  kind: Type.Optional(Name('e.g. `Annual review`.'))
})
export type CouncilReview = Static<typeof CouncilReview>

/** What somebody has to know before they visit, or treat; another word than these is shown as it is. */
export const councilWarningCategories = [
  'dog',
  'two-to-visit',
  'violence',
  'home-access',
  'home-hazard',
  'safeguarding',
  'asylum',
  'substance-misuse',
  'prison',
  'other'
] as const

export const CouncilWarning = Type.Object({
  id: Id('Of the warning, among the person’s'),
  category: Type.Union([Type.Enum([...councilWarningCategories]), Name('Another word.')], {
    description: 'Decides who is shown it.'
  }),
  text: Words('What to beware of.'),
  start: Type.Optional(Day('Since when.')),
  end: Type.Optional(Day('Until when.'))
})
export type CouncilWarning = Static<typeof CouncilWarning>

/** What an answer of changes can take back. */
export const councilItemKinds = ['service', 'contact', 'key-worker', 'team', 'review', 'warning'] as const
export type CouncilItemKind = (typeof councilItemKinds)[number]

const RemovedItem = Type.Object({
  kind: Type.Enum([...councilItemKinds]),
  id: Id('As it was told')
})

export const CouncilAnswer = Type.Union([
  Type.Object(
    { known: Type.Literal(false), asAt: Instant('As at when this is so.') },
    { title: 'Unknown', description: 'The council knows nobody by that number.' }
  ),
  Type.Object(
    {
      known: Type.Literal(true),
      asAt: Instant('As at when this is so.'),
      mode: Type.Enum(['full', 'changes'], {
        description:
          'full: all that there is, so that what is not named has ended or was withdrawn. changes: what is named is so now, `removed` is not there any more, all else is as it was; only an answer to `since` may be that.'
      }),
      person: CouncilPerson,
      services: Items(CouncilService, 'Those in force, planned, or ended within a year.'),
      contacts: Items(CouncilContact, 'The person’s own people, carers among them.'),
      keyWorker: Type.Optional(CouncilKeyWorker),
      team: Type.Optional(CouncilTeam),
      reviews: Items(CouncilReview, 'Those that are due.'),
      warnings: Items(CouncilWarning, 'Risks and warnings in force.'),
      removed: Type.Optional(
        Items(
          RemovedItem,
          'In `changes` alone. Where the key worker or the team has changed, whichever there is of the two is told again, and a former one stands here.'
        )
      )
    },
    { title: 'Known' }
  )
])
export type CouncilAnswer = Static<typeof CouncilAnswer>
export type KnownToCouncil = Extract<CouncilAnswer, { known: true }>
