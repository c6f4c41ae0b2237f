import { describe, expect, test } from 'vitest'
import type { Loose } from '../asking.ts'
import {
  answer,
  areHere,
  bundle,
  faultsIn,
  filledIn,
  group,
  itemOf,
  itemsOf,
  orSkip,
  patient,
  personId,
  posted,
  published,
  read,
  response,
  tagsOf,
  tell
} from './answering.ts'

const inAboutMe = 'About Me/About Me record entry'
const free = 'About Me response/Free text'
const answers = {
  [`${inAboutMe}/What is most important to me/${free}`]: 'My garden & my cat <Tibbles>',
  [`${inAboutMe}/People who are important to me/${free}`]: 'My sister Ann',
  [`${inAboutMe}/How I communicate and how to communicate with me/${free}`]: 'Speak slowly.\nI lip-read',
  [`${inAboutMe}/My wellness/${free}`]: 'I am well when I sleep',
  [`${inAboutMe}/Please do and please do not/${free}`]: 'Please do knock',
  [`${inAboutMe}/How and when to support me/${free}`]: 'In the mornings',
  [`${inAboutMe}/How and when to support me/About Me response/Multi-media/Multi-media URL`]:
    'https://films.example/hoist',
  [`${inAboutMe}/Also worth knowing about me/${free}`]: 'I was a teacher',
  [`${inAboutMe}/Supported to write this by`]: 'Jo, key worker',
  [`${inAboutMe}/Date last updated`]: '2026-11-19'
}

const headingsIn = (item: Loose): string[] =>
  [...item['text'].div.matchAll(/<h3>(.*?)<\/h3>/g)].map(([, heading]) => heading)

describe.skipIf(!areHere)(`About Me as PRSB published it (${orSkip})`, () => {
  const questionnaire = (): Loose => published('About_Me_Instance_FHIR_Questionnaire.json')
  const json = (): Loose =>
    bundle(patient(), response(filledIn(questionnaire(), answers), { questionnaire: questionnaire()['url'] }))

  test('is one response in its own section, about the person, and valid', () => {
    expect(read(json()).kind).toBe('about-me')
    const item = itemOf(json(), 'QuestionnaireResponse')
    expect(item).toMatchObject({
      status: 'completed',
      authored: '2026-11-20T10:00:00Z',
      questionnaire: 'urn:uuid:d8e4aafc-3bb4-4ab6-866a-c0cecd3ca6fe',
      identifier: { value: '7' },
      subject: { reference: `Patient/${personId}` }
    })
    expect(tagsOf(item)).toEqual(['council-prsb', 'about-me'])
    expect(tell(json()).contribution.entries).toHaveLength(2)
    expect(faultsIn(json())).toEqual([])
  })

  test('is read under the headings of v2.01 in their order', () => {
    expect(headingsIn(itemOf(json(), 'QuestionnaireResponse'))).toEqual([
      'What is most important to me',
      'People who are important to me',
      'How I communicate and how to communicate with me',
      'My wellness',
      "Please do and please don't",
      'How and when to support me',
      'Also worth knowing about me',
      'Supported to write this by',
      'Date'
    ])
  })

  test('shows what was written, as it was written', () => {
    const { div } = itemOf(json(), 'QuestionnaireResponse')['text']
    expect(div).toContain('<p>My garden &amp; my cat &lt;Tibbles&gt;</p>')
    expect(div).toContain('<p>Speak slowly.</p><p>I lip-read</p>')
    expect(div).toContain('<p>https://films.example/hoist</p>')
    expect(div).toContain('<h3>Date</h3><p>2026-11-19</p>')
  })

  test('keeps every answer', () => {
    const kept = JSON.stringify(itemOf(json(), 'QuestionnaireResponse')['item'])
    for (const words of Object.values(answers)) expect(kept).toContain(JSON.stringify(words))
  })

  test('is understood without its texts when its questionnaire came with it', () => {
    const bare = (items: readonly Loose[]): Loose[] =>
      items.map(({ text: _, item, ...rest }) => ({ ...rest, ...(item && { item: bare(item) }) }))
    const sent = response(bare(filledIn(questionnaire(), answers)))
    const expected = headingsIn(itemOf(json(), 'QuestionnaireResponse'))
    const beside = bundle(patient(), questionnaire(), sent)
    const inside = bundle(patient(), { ...sent, contained: [questionnaire()] })
    for (const one of [beside, inside]) {
      expect(read(one).kind).toBe('about-me')
      expect(headingsIn(itemOf(one, 'QuestionnaireResponse'))).toEqual(expected)
    }
  })
})

test('the About Me of a whole record stands in its section too', () => {
  const json = posted([
    group('About me', group('My wellness', answer('My_wellness', 'Well')), answer('Date', '2026-01-02')),
    group('Risks', group('Risks', answer('Risk', 'Falls')))
  ])
  const item = itemOf(json, 'QuestionnaireResponse')
  expect(tagsOf(item)).toEqual(['council-prsb', 'assessments', 'about-me'])
  expect(headingsIn(item)).toEqual(['My wellness', 'Date'])
  expect(item['text'].div).not.toContain('Falls')
})

test('what stands under none of its headings comes last', () => {
  const json = posted([
    group('About me', answer('A question of our own', 'An answer'), group('My wellness', answer('x', 'Well')))
  ])
  const item = itemOf(json, 'QuestionnaireResponse')
  expect(item['text'].div).toMatch(
    /<h3>More<\/h3><p>About me – A question of our own: An answer<\/p><\/div>$/
  )
})

test('answers to one heading stay in their order: the most important comes first', () => {
  const first = group('About Me response', answer('Free text', 'Zebras'))
  const second = group('About Me response', answer('Free text', 'Apples'))
  const json = posted([group('About Me', group('What is most important to me', first, second))])
  expect(itemOf(json, 'QuestionnaireResponse')['text'].div).toContain('<p>Zebras</p><p>Apples</p>')
})

test('a narrative of its source that says more is kept as plain text', () => {
  const text = {
    status: 'additional',
    div: '<div xmlns="http://www.w3.org/1999/xhtml"><p>Drawn by <b>Ann</b></p><script>alert(1)</script></div>'
  }
  const json = posted([group('About Me', group('My wellness', answer('Free text', 'Well')))], { text })
  const { status, div } = itemOf(json, 'QuestionnaireResponse')['text']
  expect(status).toBe('additional')
  expect(div).toContain('<p>Drawn by Ann</p>')
  expect(div).not.toContain('alert')
  expect(faultsIn(json)).toEqual([])
})

test('a source’s narrative is not open where some answers are not', () => {
  const text = { status: 'additional', div: '<div xmlns="http://www.w3.org/1999/xhtml">All of it</div>' }
  const json = posted(
    [group('Safeguarding', answer('Comment', 'Neglect')), group('Alerts', answer('Alert', 'X'))],
    {
      text
    }
  )
  const [open, closed] = itemsOf(json, 'QuestionnaireResponse')
  expect(JSON.stringify(open)).not.toContain('All of it')
  expect(closed?.['text'].div).toContain('All of it')
})
