import { toDiv } from '../paragraphs.ts'
import { without } from './prune.ts'
import { allWords, findAll, linesOf, type Question } from './question.ts'
import { aboutMeHeadings } from './sections.ts'

/**
 * What the person says of themselves as it is to be read: under the headings of About Me v2.01, in their order. What
 * stands under none of them comes last, each answer with what was asked.
 *
 * @returns pieces of XHTML; none where nothing is answered.
 * @see https://theprsb.org/standards/aboutme/
 */
export function aboutMeHtml(questions: readonly Question[]): string[] {
  const known = aboutMeHeadings.map(({ title, headings }) => ({
    title,
    found: findAll(questions, ...headings)
  }))
  const told = new Set(known.flatMap(({ found }) => found))
  const rest = linesOf(without(questions, (question) => told.has(question)))
  return [
    ...known.flatMap(({ title, found }) => toPassage(title, allWords(found))),
    ...toPassage('More', rest)
  ]
}

const toPassage = (title: string, lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : [`<h3>${title}</h3>`, toParagraphs(lines)]

/** Each line of an answer is a paragraph. */
export const toParagraphs = (answers: readonly string[]): string =>
  inDiv.exec(
    toDiv(answers.flatMap((answer) => answer.split(/[\r\n]+/).filter((line) => /\S/.test(line))))
  )?.[1] ?? ''

const inDiv = /^<div[^>]*>(.*)<\/div>$/s

/** @returns a Narrative's `div`. */
export const joinHtml = (pieces: readonly string[]): string =>
  toDiv([]).replace('</div>', () => `${pieces.join('')}</div>`)
