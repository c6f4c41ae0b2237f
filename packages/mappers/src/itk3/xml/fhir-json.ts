import type { Json } from '../../json.ts'
import primitives from '../tables/primitives.json' with { type: 'json' }
import type { XmlElement } from './element.ts'
import { narrativeText } from './narrative.ts'

const numbers = new Set(primitives.numbers)
const booleans = new Set(primitives.booleans)

/**
 * A resource in FHIR's XML, in the shape of FHIR's JSON as far as our readers need it: what occurs once is not in
 * an array, a narrative is plain text, extensions of primitive values are left out, and a decimal stays the string
 * that it is unless its element can hold nothing but a number.
 *
 * @see https://hl7.org/fhir/STU3/xml.html
 */
export function resourceToJson(element: XmlElement): Json {
  return { resourceType: element.name, ...toObject(element) }
}

function toObject({ attributes, children }: XmlElement): Json {
  const members = new Map<string, unknown[]>()
  for (const name of ['id', 'url']) {
    const value = attributes.get(name)
    if (value !== undefined) members.set(name, [value])
  }
  for (const child of children) {
    if (typeof child === 'string') continue
    const others = members.get(child.name)
    if (others) others.push(toValue(child))
    else members.set(child.name, [toValue(child)])
  }
  return Object.fromEntries(
    [...members].map(([name, values]) => [name, values.length === 1 ? values[0] : values])
  )
}

function toValue(element: XmlElement): unknown {
  const { name, attributes, children } = element
  if (name === 'div') return narrativeText(element)
  const value = attributes.get('value')
  if (value !== undefined) return toPrimitive(name, value)
  const inner = children.filter((child) => typeof child !== 'string')
  const [only] = inner
  const isHolder = (name === 'resource' || name === 'contained') && only !== undefined && inner.length === 1
  return isHolder ? resourceToJson(only) : toObject(element)
}

function toPrimitive(name: string, value: string): string | number | boolean {
  if (name.endsWith('Boolean') || booleans.has(name))
    return value === 'true' || (value === 'false' ? false : value)
  const isNumber = numbers.has(name) || /(?:Decimal|Integer|Int)$/.test(name)
  return isNumber && /^-?\d{1,15}(\.\d{1,15})?$/.test(value) ? Number(value) : value
}
