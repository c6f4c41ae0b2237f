/** Work that is done again and again, one round after the other, with a pause between them. */
export function createRounds(work: () => Promise<void>, pauseMs: number) {
  let timer: NodeJS.Timeout | undefined
  let round: Promise<void> = Promise.resolve()
  let isClosing = false
  function begin(): void {
    if (isClosing) return
    timer = setTimeout(() => {
      round = work().finally(begin)
    }, pauseMs)
  }
  return {
    begin,
    isClosing: () => isClosing,
    /** Ends when the round under way does. */
    async close(): Promise<void> {
      isClosing = true
      clearTimeout(timer)
      await round
    }
  }
}
