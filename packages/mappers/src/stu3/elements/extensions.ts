import { type Json, many, word } from '../../json.ts'

/**
 * The extensions of an element by name. Providers disagree on host, on version suffix and on capitals, so
 * only the last segment counts: `…/Extension-CareConnect-GPC-PrescriptionType-1` is `prescriptiontype`.
 */
export function extensionsOf(source: Json | undefined): ReadonlyMap<string, readonly Json[]> {
  const found = new Map<string, Json[]>()
  if (source === undefined || source['extension'] === undefined) return found
  for (const extension of many(source['extension'])) {
    const name = toName(word(extension['url']) ?? '')
    const others = found.get(name)
    if (others) others.push(extension)
    else found.set(name, [extension])
  }
  return found
}

function toName(url: string): string {
  const name = url.slice(url.lastIndexOf('/') + 1)
  return name
    .replace(/^Extension-(CareConnect-)?(GPC-)?/i, '')
    .replace(/-\d+$/, '')
    .toLowerCase()
}
