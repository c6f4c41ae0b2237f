import { type Address, type ContactPoint, defined, type HumanName } from '@chesil/fhir'
import { count, each, isJson, type Json, some, text, texts } from '../../json.ts'
import type { Item } from '../item.ts'
import { findCode, same } from './coding.ts'
import { toPeriod } from './dates.ts'

const nameUses = same('usual', 'official', 'temp', 'nickname', 'anonymous', 'old', 'maiden')

export function toHumanName(source: Json, item: Item): HumanName | undefined {
  const name = defined({
    use: findCode(source['use'], nameUses, { label: 'Name use', item }),
    text: text(source['text']),
    family: texts(source['family'])[0],
    given: some(texts(source['given'])),
    prefix: some(texts(source['prefix'])),
    suffix: some(texts(source['suffix'])),
    period: toPeriod(source['period'], 'Name period', item)
  })
  return (name.text ?? name.family ?? name.given) ? name : undefined
}

export const toHumanNames = (value: unknown, item: Item): HumanName[] | undefined =>
  each(value, (source) => toHumanName(source, item))

const contactSystems = same('phone', 'fax', 'email', 'pager', 'url', 'sms', 'other')
const contactUses = same('home', 'work', 'temp', 'old', 'mobile')

/** R4 wants a system with each value (cpt-2). */
function toContactPoint(source: Json, item: Item): ContactPoint | undefined {
  const value = text(source['value'])
  if (value === undefined) return undefined
  const rank = count(source['rank'])
  return defined({
    system:
      findCode(source['system'], contactSystems, { label: 'Contact system', item }) ?? ('other' as const),
    value,
    use: findCode(source['use'], contactUses, { label: 'Contact use', item }),
    rank: rank === 0 ? undefined : rank,
    period: toPeriod(source['period'], 'Contact period', item)
  })
}

export const toContactPoints = (value: unknown, item: Item): ContactPoint[] | undefined =>
  each(value, (source) => toContactPoint(source, item))

const addressUses = same('home', 'work', 'temp', 'old')
const addressTypes = same('postal', 'physical', 'both')

export function toAddress(value: unknown, item: Item): Address | undefined {
  if (!isJson(value)) return undefined
  const address = defined({
    use: findCode(value['use'], addressUses, { label: 'Address use', item }),
    type: findCode(value['type'], addressTypes, { label: 'Address type', item }),
    text: text(value['text']),
    line: some(texts(value['line'])),
    city: text(value['city']),
    district: text(value['district']),
    state: text(value['state']),
    postalCode: text(value['postalCode']),
    country: text(value['country']),
    period: toPeriod(value['period'], 'Address period', item)
  })
  // What it is used for alone is no address.
  return Object.keys(address).some((name) => name !== 'use') ? address : undefined
}

export const toAddresses = (value: unknown, item: Item): Address[] | undefined =>
  each(value, (source) => toAddress(source, item))

export const genders = same('male', 'female', 'other', 'unknown')
