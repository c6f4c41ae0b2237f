import {
  listWarnings,
  primaryLists,
  type Stu3Bundle,
  withBadDate,
  withDegradedCode,
  withForeignItem,
  withListWarning,
  withMedicineStopped,
  withNotForPatient,
  withoutAllergy,
  withoutItem,
  withUnsupportedSection
} from '@chesil/synthetic'
import Type, { type Static } from 'typebox'

const strict = { additionalProperties: false }
const Item = Type.String({ pattern: '^[A-Za-z]+/[A-Za-z0-9.-]{1,64}$', description: 'e.g. Observation/1' })
const Day = Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}$' })
const Section = Type.Enum(primaryLists.map(({ section }) => section))

/** What can happen to a record. Where no item is named, the first that fits is meant. */
export const Edit = Type.Union([
  Type.Object(
    { edit: Type.Literal('stop-medicine'), medicine: Type.Optional(Item), on: Type.Optional(Day) },
    strict
  ),
  Type.Object({ edit: Type.Literal('remove-allergy'), allergy: Type.Optional(Item) }, strict),
  Type.Object({ edit: Type.Literal('remove-item'), item: Item }, strict),
  Type.Object(
    {
      edit: Type.Literal('warn'),
      code: Type.Enum([...listWarnings]),
      sections: Type.Optional(Type.Array(Section))
    },
    strict
  ),
  Type.Object({ edit: Type.Literal('unsupported'), section: Section }, strict),
  Type.Object({ edit: Type.Literal('not-for-patient'), item: Type.Optional(Item) }, strict),
  Type.Object({ edit: Type.Literal('degrade-code'), allergy: Type.Optional(Item) }, strict),
  Type.Object({ edit: Type.Literal('bad-date'), allergy: Type.Optional(Item) }, strict),
  Type.Object(
    { edit: Type.Literal('foreign-item'), subject: Type.Optional(Item), item: Type.Optional(Item) },
    strict
  )
])
export type Edit = Static<typeof Edit>

/**
 * @param today An ISO date.
 * @throws RangeError when the record has no such item.
 */
export function applyEdit(record: Stu3Bundle, edit: Edit, today: string): Stu3Bundle {
  switch (edit.edit) {
    case 'stop-medicine': {
      const { medicine, on = today } = edit
      return withMedicineStopped(record, { on, ...(medicine !== undefined && { medicine }) })
    }
    case 'remove-allergy':
      return withoutAllergy(record, edit.allergy)
    case 'remove-item':
      return withoutItem(record, edit.item)
    case 'warn': {
      const { code, sections } = edit
      return withListWarning(record, { code, ...(sections && { sections }) })
    }
    case 'unsupported':
      return withUnsupportedSection(record, edit.section)
    case 'not-for-patient':
      return withNotForPatient(record, edit.item)
    case 'degrade-code':
      return withDegradedCode(record, edit.allergy)
    case 'bad-date':
      return withBadDate(record, edit.allergy)
    case 'foreign-item':
      return withForeignItem(record, edit.subject ?? 'Patient/somebody-else', edit.item)
  }
}
