import { itemTags, type Section } from '@chesil/contracts'
import { type Coding, chesil, type Meta, type Resource, ukCoreProfile } from '@chesil/fhir'
import type { MessageContext } from './message-context.ts'

/** `meta` of an item: who said it, where it stands in their record, and what a reader must know of it. */
export function itemMeta(
  { id, odsCode, name }: Pick<MessageContext['source'], 'id' | 'odsCode' | 'name'>,
  resourceType: Resource['resourceType'],
  sections: readonly Section[],
  tags: readonly (keyof typeof itemTags)[] = []
): Meta {
  const tagged = tags.map((tag): Coding => ({ system: chesil.itemTag, ...itemTags[tag] }))
  return {
    source: `urn:nhs-uk:addressing:ods:${odsCode}`,
    profile: [ukCoreProfile(resourceType)],
    tag: [
      { system: chesil.source, code: id, display: name },
      ...sections.map((section): Coding => ({ system: chesil.section, code: section })),
      ...tagged
    ]
  }
}
