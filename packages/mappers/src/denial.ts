const denials =
  /^(?:no|none|nil|nothing|n\/?a|false|unknown|not (?:applicable|known|recorded)|none (?:known|recorded|identified|reported)|(?:no|nil)(?: known| current| other)? (?:alerts?|risks?|concerns?|safeguarding(?: concerns?)?|known)|nil of note)[\s.]*$/i

/** Whether an answer says that there is nothing: it warns of nothing, and needs no label. */
export const isDenial = (words: string): boolean =>
  words.split(';').every((part) => denials.test(part.trim()))
