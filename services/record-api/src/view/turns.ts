/**
 * Lets works run for as long as there is room; the others wait in the order in which they came. One runs always.
 *
 * @param hasRoom Whether another may begin beside so many; asked when one comes and when one ends.
 */
export function createTurns(hasRoom: (running: number) => boolean) {
  const waiting: (() => void)[] = []
  let running = 0
  const mayBegin = () => running === 0 || hasRoom(running)

  function beginOthers(): void {
    while (waiting.length > 0 && mayBegin()) {
      running++
      waiting.shift()?.()
    }
  }

  return async <Result>(work: () => Promise<Result>): Promise<Result> => {
    if (waiting.length === 0 && mayBegin()) running++
    else await new Promise<void>((resolve) => waiting.push(resolve))
    try {
      return await work()
    } finally {
      running--
      beginOthers()
    }
  }
}
