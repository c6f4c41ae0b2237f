const pattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** @returns whether it has the form of an id of ours: a UUID in small letters. What has not is nobody's and nothing's. */
export const isId = (text: string): boolean => pattern.test(text)
