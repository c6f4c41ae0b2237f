/** Lets so many works run at once; the others wait in the order in which they came. */
export function createTurns(mostAtOnce: number) {
  const waiting: (() => void)[] = []
  let running = 0

  return async <Result>(work: () => Promise<Result>): Promise<Result> => {
    if (running >= mostAtOnce) await new Promise<void>((resolve) => waiting.push(resolve))
    else running++
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      // It takes this one's place.
      if (next) next()
      else running--
    }
  }
}
