import { gpSections, type Section } from '@chesil/contracts'

/** A set of sections as bits, so that following thousands of links costs next to nothing. */
export type SectionSet = number

const bit = new Map<Section, SectionSet>(gpSections.map((section, position) => [section, 1 << position]))

export const setOf = (...members: readonly Section[]): SectionSet =>
  members.reduce((set, section) => set | (bit.get(section) ?? 0), 0)

/** In the order of `gpSections`. */
export const membersOf = (set: SectionSet): Section[] =>
  gpSections.filter((section) => (set & (bit.get(section) ?? 0)) !== 0)
