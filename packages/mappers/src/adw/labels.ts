import type { ItemEvent } from '@chesil/contracts'
import { labelsShownIn, toSecurity } from '../sensitive-words.ts'

type Told = Pick<ItemEvent, 'set' | 'clear' | 'unless'>

/** A date under the URL of its extension holds no words. */
const holdsWords = (path: string): boolean => !/^(?:meta\b|https?:)/.test(path)

const labelPath = (path: string): string => `meta.security#${path}`

/**
 * The labels that the words of an event call for, each kept with the element that shows them: what another message clears
 * or words otherwise takes its label along.
 *
 * They hold for the whole request, or the whole stay. No care is hidden by that: what a council does of itself is told by
 * other means, and a stay by the hospital's own messages.
 */
export function withLabels<Some extends Told>(told: Some): Some {
  const { set, clear = [], unless } = told
  const worded = Object.entries(set).filter(([path, value]) => holdsWords(path) && typeof value === 'object')
  const labels = worded.map(([path, value]) => [labelPath(path), toSecurity(labelsShownIn(value))] as const)
  const empty = labels.filter(([, security]) => security.length === 0).map(([path]) => path)
  return {
    ...told,
    set: { ...set, ...Object.fromEntries(labels.filter(([, security]) => security.length > 0)) },
    clear: [...clear, ...clear.filter(holdsWords).map(labelPath), ...empty],
    ...(unless && { unless: { ...unless, keeps: [...unless.keeps, ...unless.keeps.map(labelPath)] } })
  }
}
