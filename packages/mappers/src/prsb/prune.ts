import type { Answer, Question } from './question.ts'

type Test = (question: Question) => boolean

/** All questions but these. */
export function without(questions: readonly Question[], isLeft: Test): Question[] {
  return questions
    .filter((question) => !isLeft(question))
    .map((question) => ({
      ...question,
      answers: question.answers.map((answer) => ({ ...answer, items: without(answer.items, isLeft) })),
      items: without(question.items, isLeft)
    }))
}

/** These alone, with all beneath them, and the headings that they stand under. */
export function only(questions: readonly Question[], isKept: Test): Question[] {
  return questions.flatMap((question): Question[] => {
    if (isKept(question)) return [question]
    const answers = question.answers
      .map((answer): Answer => ({ items: only(answer.items, isKept) }))
      .filter((answer) => answer.items.length > 0)
    const items = only(question.items, isKept)
    return answers.length + items.length > 0 ? [{ ...question, answers, items }] : []
  })
}
