import { describe, expect, test } from 'vitest'
import { labelsShownIn } from '../../src/sensitive-words.ts'
import type { Loose } from '../asking.ts'
import { alert, answer, entriesOf, faultsIn, group, itemOf, itemsOf, labelsOf, posted } from './answering.ts'

const responses = (json: unknown) => itemsOf(json, 'QuestionnaireResponse')
const byLabels = (json: unknown, ...labels: readonly string[]): Loose | undefined =>
  responses(json).find((item) => labelsOf(item).join() === labels.join())

describe('an answer that calls for a label is in a response of its own', () => {
  test.each([
    ['asylum', group('Primary support reason', answer('Primary support reason', 'Asylum seeker support'))],
    ['substance-misuse', group('Social context', answer('Drug/substance use', 'Injects heroin'))],
    ['prison', group('Social context', answer('Accommodation status', 'Prison'))],
    ['prison', group('Social context', group('Accommodation status', answer('Coded value', 'Prison')))],
    [
      'substance-misuse',
      group('Social context', group('Alcohol intake', answer('Free text', 'A bottle a day')))
    ],
    ['home-warning', group('Social context', answer('Comment', 'Aggressive son; no lone visits'))]
  ])('%s', (label, item) => {
    const json = posted([item, group('Social context', answer('Occupation', 'Baker'))])
    const [open, hidden, ...others] = responses(json)
    expect(others).toEqual([])
    expect(labelsOf(open ?? {})).toEqual([])
    expect(labelsShownIn(open)).toEqual([])
    expect(JSON.stringify(open)).toContain('Baker')
    expect(labelsOf(hidden ?? {})).toEqual([label])
    expect(faultsIn(json)).toEqual([])
  })

  test('under what it is a part of: several labels are one response', () => {
    const json = posted([
      group(
        'Safeguarding',
        answer('Comment', 'Money taken'),
        group('Concern', answer('Comment', 'Partner is in prison'))
      )
    ])
    expect(responses(json).map(labelsOf)).toEqual([['safeguarding', 'prison'], ['safeguarding']])
    expect(JSON.stringify(byLabels(json, 'safeguarding'))).not.toContain('prison')
    expect(JSON.stringify(byLabels(json, 'safeguarding', 'prison'))).toContain('Partner is in prison')
  })

  test('that there is none is no such answer', () => {
    const json = posted([group('Social context', answer('Drug/substance use', 'None known'))])
    expect(responses(json).map(labelsOf)).toEqual([[]])
  })
})

test.each([
  ['Released from prison', ['prison']],
  ['Aggressive Rottweiler; double-up visits only; no lone visits', ['home-warning']],
  ['Safeguarding enquiry open; dog in the hall', ['safeguarding', 'home-warning']],
  ['Falls', []]
])('the alert “%s” has labels %j', (words, labels) => {
  expect(labelsOf(itemOf(posted([alert(words)]), 'Flag'))).toEqual(labels)
})

describe('a plan, a person, a service', () => {
  const service = (...items: readonly Loose[]) =>
    group('Services and care', group('Social care package', ...items))
  const named = answer('Social care package name', 'Home care')

  test('is not hidden for one line of it, which stands in the labelled response', () => {
    const json = posted([service(named, answer('Comment', 'Brother is in prison'))])
    const episode = itemOf(json, 'EpisodeOfCare')
    expect(labelsOf(episode)).toEqual([])
    expect(JSON.stringify(episode)).toContain('Home care')
    expect(JSON.stringify(episode)).not.toContain('prison')
    expect(JSON.stringify(byLabels(json, 'prison'))).toContain('Brother is in prison')
  })

  test('of which nothing else is left is in the labelled response alone', () => {
    const json = posted([service(answer('Comment', 'Brother is in prison'))])
    expect(itemsOf(json, 'EpisodeOfCare')).toEqual([])
    expect(responses(json).map(labelsOf)).toEqual([['prison']])
  })
})

test('About Me under the headings leaves out what is labelled, also inside another standard’s answers', () => {
  const important = group(
    'About me',
    answer('What is most important to me', 'My sister'),
    answer('Comment', 'I left prison in May')
  )
  for (const others of [[], [alert('Falls'), group('Services and care', answer('Comment', 'Home care'))]]) {
    const [open] = responses(posted([important, ...others]))
    expect(open?.['text'].div).toContain('My sister')
    expect(JSON.stringify(open)).not.toContain('prison')
  }
})

test('the source’s own narrative has the labels of all that it may repeat', () => {
  const text = { status: 'additional', div: '<div xmlns="http://www.w3.org/1999/xhtml">Drinks alcohol</div>' }
  const json = posted([answer('Comment', 'Fine'), alert('Large dog')], { text })
  const holder = responses(json).find((item) => JSON.stringify(item).includes('Drinks alcohol'))
  expect(labelsOf(holder ?? {})).toEqual(['home-warning', 'substance-misuse'])
  expect(responses(json).map(labelsOf)).toContainEqual([])
})

test('whatever is said anywhere, each item has the labels of what it shows', () => {
  const words = 'Safeguarding; dog; heroin; asylum; prison'
  const everywhere = [
    'Alerts',
    'Care and support plan',
    'Personal contacts',
    'Professional contacts',
    'Services and care',
    'Risks',
    'About me',
    'Documents'
  ]
  const json = posted(
    everywhere.map((heading) =>
      group(heading, group('Name', answer('Name', words)), answer('Comment', words))
    )
  )
  for (const { resource } of entriesOf(json)) {
    const has = new Set(labelsOf(resource as Loose))
    expect(labelsShownIn(resource).filter((label) => !has.has(label))).toEqual([])
  }
})
