import { OutcomeError, odsCodePattern, parseOdsCode } from '@chesil/fhir'
import Type, { type Static } from 'typebox'
import type { PersonState, World } from '../world/world.ts'

/** What can change about a person at PDS and with their practice. */
export const PersonChange = Type.Object(
  {
    practice: Type.Optional(Type.String({ pattern: odsCodePattern, description: 'Registers them there' })),
    inTransit: Type.Optional(
      Type.Boolean({
        description: 'Whether the practice waits for the former one’s record; yes after a move'
      })
    ),
    confidentiality: Type.Optional(Type.Enum(['U', 'R', 'V', 'REDACTED'])),
    deathDate: Type.Optional(
      Type.Union([Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}$' }), Type.Null()], {
        description: 'null: lives'
      })
    ),
    invalidated: Type.Optional(Type.Boolean()),
    dissents: Type.Optional(Type.Boolean({ description: 'Whether they told the practice not to share' }))
  },
  { additionalProperties: false }
)
export type PersonChange = Static<typeof PersonChange>

/** @throws OutcomeError `invalid` for a practice that is not there. */
export function changePerson(state: PersonState, change: PersonChange, world: World): void {
  if (change.practice !== undefined && change.practice !== state.person.practice) {
    move(state, change.practice, world)
  }
  if (change.deathDate !== undefined) {
    const { deathDate: _before, ...living } = state.person
    state.person = change.deathDate === null ? living : { ...living, deathDate: change.deathDate }
  }
  state.inTransit = change.inTransit ?? state.inTransit
  state.confidentiality = change.confidentiality ?? state.confidentiality
  state.invalidated = change.invalidated ?? state.invalidated
  state.dissents = change.dissents ?? state.dissents
  state.version += 1
}

/** The new practice tells the same story under ids of its own; what was edited stays behind. */
function move(state: PersonState, practice: string, world: World): void {
  if (!world.findPractice(practice)) throw new OutcomeError('invalid', 'There is no such practice here')
  state.person = { ...state.person, practice: parseOdsCode(practice), formerPractice: state.person.practice }
  state.inTransit = true
  if (state.record.bySection) state.record.reset()
}
