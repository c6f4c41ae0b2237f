/** A few hundred entries. */
const slabBytes = 262_144
/** UTF-8 of a JavaScript string is at most so many bytes a character. */
const mostBytes = 3
/** As much as two large records need at once: what one more needs is allocated for it, and let go. */
const mostSpare = 40

const spare: Buffer[] = []

/**
 * Texts as bytes until it is known where they belong. Kept as strings, thousands of them would be moved about by every
 * collection meanwhile; and memory of this size, allocated for each answer, costs as much as reading what is put in.
 */
export function createSlabs() {
  const used: Buffer[] = []
  let slab: Buffer = Buffer.alloc(0)
  let start = 0
  let end = 0

  function takeSlab(bytes: number): void {
    slab = (bytes <= slabBytes && spare.pop()) || Buffer.allocUnsafeSlow(Math.max(slabBytes, bytes))
    used.push(slab)
    end = 0
  }

  return {
    /** Where the last text was written: `slab` from `start` to `end`. */
    get slab() {
      return slab
    },
    get start() {
      return start
    },
    get end() {
      return end
    },

    write(text: string): void {
      const bytes = text.length * mostBytes
      if (bytes > slab.length - end) takeSlab(bytes)
      start = end
      end = start + slab.write(text, start)
    },

    /** For others to use. Nothing of what was written stays behind. */
    release(): void {
      for (const one of used.splice(0)) {
        if (one.length !== slabBytes || spare.length >= mostSpare) continue
        one.fill(0)
        spare.push(one)
      }
      slab = Buffer.alloc(0)
      end = 0
    }
  }
}
