/** Something that cannot be done, and what to do instead, in words for staff. */
export class DeskRefusal extends Error {
  override readonly name = 'DeskRefusal'
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** @throws DeskRefusal */
export function assertId(text: string): string {
  if (!uuid.test(text))
    throw new DeskRefusal(`${JSON.stringify(text.slice(0, 60))} is no id: take it from the list`)
  return text
}

const mostBy = 200

/** @throws DeskRefusal */
export function assertBy(by: string): string {
  if (by.trim() === '' || by.length > mostBy)
    throw new DeskRefusal('Say who decides so, in at most 200 characters')
  return by
}
