import type { ClaimedSubject, ContributionEntry, Section } from '@chesil/contracts'
import type { Organization, Patient, Reference, Resource } from '@chesil/fhir'
import { itemMeta } from '../item-meta.ts'
import type { MessageContext } from '../message-context.ts'
import { labelled } from '../sensitive-words.ts'
import { itemName } from './item-name.ts'

/** The part of the council's record that its extracts make up: each time whole. */
export const cldPart = 'client-level-data'

/** Whose items are made. */
export interface Making {
  readonly context: MessageContext
  readonly local: ClaimedSubject['local']
  readonly personId: string
}

/** What an item of the person is called: a kind, and what tells it from others of the kind. */
export type Called = readonly [kind: string, ...parts: readonly string[]]

interface ItemFacts {
  readonly called: Called
  readonly sections: readonly Section[]
  readonly isDoubted?: boolean
}

/** An item as it comes into the record, with the labels that its words call for. Every item of this format is made here. */
export function toItem<Type extends Resource>(
  body: Omit<Type, 'id' | 'meta'> & Pick<Type, 'resourceType'>,
  { called, sections, isDoubted = false }: ItemFacts,
  { context, local }: Making
): ContributionEntry {
  const { resourceType } = body
  const name = itemName(local, ...called)
  const resource = labelled({
    ...body,
    id: context.resourceId(resourceType, name),
    meta: itemMeta(context.source, resourceType, sections, isDoubted ? ['degraded'] : [])
  } as Resource)
  return { resourceType, sourceResourceId: name, resource, part: cldPart, sections }
}

export const patientReference = ({ personId }: Making): Reference<Patient> => ({
  reference: `Patient/${personId}`
})

/** Organizations, too, are of one person: an item has one owner. */
export const organizationReference = (
  called: Called,
  display: string | undefined,
  { context, local }: Making
): Reference<Organization> => ({
  reference: `Organization/${context.resourceId('Organization', itemName(local, ...called))}`,
  ...(display !== undefined && { display })
})
