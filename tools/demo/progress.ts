const heartbeatMs = 3_000

export const say = (text: string) => void process.stdout.write(`${text}\n`)

const seconds = (start: number) => `${((performance.now() - start) / 1_000).toFixed(1)} s`

/** Shows a step when it is done, with how long it took, and a sign of life every 3 s until then. */
export async function showStep<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
  const start = performance.now()
  const heartbeat = setInterval(() => say(`  … ${name} (${seconds(start)})`), heartbeatMs)
  try {
    const result = await work()
    say(`  ✓ ${name} (${seconds(start)})`)
    return result
  } finally {
    clearInterval(heartbeat)
  }
}
