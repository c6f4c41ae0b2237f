import { expect, test } from 'vitest'
import { findScope, grants, type Interaction, parseScopes } from '../src/index.ts'

const letters = ['c', 'r', 'u', 'd', 's'] as const

/** Every string of one to five of the letters, repetitions included: 3,905 of them. */
const suffixes: string[] = []
for (let length = 1, words = ['']; length <= 5; length++) {
  words = words.flatMap((word) => letters.map((letter) => word + letter))
  suffixes.push(...words)
}
const inOrder = (suffix: string) => [...suffix].every((letter, i) => i === 0 || suffix.charAt(i - 1) < letter)
/** `cruds` is not alphabetical; its order is that of `letters`. */
const ordered = suffixes.filter((suffix) =>
  inOrder([...suffix].map((letter) => letters.indexOf(letter as Interaction)).join(''))
)

test('reads each of the 31 suffixes that are in order, and no other', () => {
  expect(suffixes).toHaveLength(3905)
  expect(ordered).toHaveLength(31)
  const accepted = suffixes.filter((suffix) => findScope(`user/Observation.${suffix}`))
  expect(accepted).toEqual(ordered)
})

test('a suffix grants its letters and nothing else', () => {
  for (const suffix of ordered) {
    const scopes = parseScopes(`user/Observation.${suffix}`)
    const granted = letters.filter((letter) => grants(scopes, 'Observation', letter))
    expect(granted.join('')).toBe(suffix)
  }
})

test.each([
  { scope: 'user/Observation.read', interactions: 'rs' },
  { scope: 'user/Observation.write', interactions: 'cud' },
  { scope: 'user/Observation.*', interactions: 'cruds' },
  { scope: 'user/*.read', interactions: 'rs' },
  { scope: 'user/*.*', interactions: 'cruds' }
])('maps $scope of version 1 to $interactions', ({ scope, interactions }) => {
  expect(findScope(scope)?.interactions.join('')).toBe(interactions)
})

test.each([
  ['no scope', ''],
  ['a scope that is not about resources', 'openid'],
  ['a launch scope', 'launch/patient'],
  ['an unknown context', 'practitioner/*.rs'],
  ['a context in capitals', 'User/*.rs'],
  ['no type', 'user/.rs'],
  ['a type in lower case', 'user/observation.rs'],
  ['a prototype member as type', 'user/__proto__.rs'],
  ['no suffix', 'user/Observation.'],
  ['no suffix and no dot', 'user/Observation'],
  ['letters out of order', 'user/Observation.sr'],
  ['a letter twice', 'user/Observation.rr'],
  ['a letter of no interaction', 'user/Observation.rx'],
  ['letters in capitals', 'user/Observation.RS'],
  ['a suffix of both versions', 'user/Observation.readrs'],
  ['an empty search', 'user/Observation.rs?'],
  ['version 1 with a search', 'user/Observation.read?code=1'],
  ['a scope inside a scope', 'user/Observation.rs.rs'],
  ['a line break after it', 'user/Observation.rs\n'],
  ['a line break before it', '\nuser/Observation.rs'],
  ['a tab for a space', 'user/Observation.rs\tuser/Patient.rs']
])('takes %s for nothing', (_, text) => {
  expect(parseScopes(text)).toEqual([])
})

test('leaves out what it cannot read and keeps the rest', () => {
  expect(parseScopes('openid user/Patient.r  launch user/Observation.sr user/Condition.rs')).toEqual([
    { context: 'user', resourceType: 'Patient', interactions: ['r'] },
    { context: 'user', resourceType: 'Condition', interactions: ['r', 's'] }
  ])
})

test('keeps a search as it is written, and grants nothing by it', () => {
  const scopes = parseScopes('user/Observation.rs?category=a|b&code=x?y')
  expect(scopes).toEqual([
    {
      context: 'user',
      resourceType: 'Observation',
      interactions: ['r', 's'],
      parameters: 'category=a|b&code=x?y'
    }
  ])
  expect(grants(scopes, 'Observation', 'r')).toBe(false)
  expect(grants([...scopes, ...parseScopes('user/Observation.r')], 'Observation', 'r')).toBe(true)
})

test.each([
  { scope: 'user/*.rs', type: 'Patient', interaction: 'r', granted: true },
  { scope: 'user/*.rs', type: 'Patient', interaction: 'c', granted: false },
  { scope: 'user/Patient.rs', type: 'Patient', interaction: 's', granted: true },
  { scope: 'user/Patient.r', type: 'Patient', interaction: 's', granted: false },
  { scope: 'user/Patient.rs', type: 'Observation', interaction: 'r', granted: false },
  { scope: 'user/Patient.rs', type: '*', interaction: 'r', granted: false },
  { scope: 'patient/*.rs', type: 'Patient', interaction: 'r', granted: false },
  { scope: 'system/*.rs', type: 'Patient', interaction: 'r', granted: false }
] as const)(
  '$scope lets a user do $interaction on $type: $granted',
  ({ scope, type, interaction, granted }) => {
    expect(grants(parseScopes(scope), type, interaction)).toBe(granted)
  }
)

test('other contexts count only where the caller says so', () => {
  const scopes = parseScopes('system/*.rs')
  expect(grants(scopes, 'Patient', 'r', ['system'])).toBe(true)
  expect(grants(scopes, 'Patient', 'r', ['patient', 'user'])).toBe(false)
})
