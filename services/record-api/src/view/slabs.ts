/** A few hundred entries. */
const slabBytes = 262_144
/** UTF-8 of a JavaScript string is at most so many bytes a character. */
const mostBytes = 3
/**
 * As much as two large records need at once, or thirty small ones. While so much is in use no other record should be
 * begun: it would not be there sooner. What one needs beyond it is allocated, and let go.
 */
export const mostSlabs = 40

const spare: Buffer[] = []
let inUse = 0

export const slabsInUse = (): number => inUse

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
    inUse++
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

    /** @param opening Of one byte a character. @param ending Bytes that follow. */
    write(opening: string, text: string, ending: Uint8Array): void {
      const most = opening.length + text.length * mostBytes + ending.length
      if (most > slab.length - end) takeSlab(most)
      start = end
      end += slab.write(opening, end, 'latin1')
      end += slab.write(text, end)
      slab.set(ending, end)
      end += ending.length
    },

    /** For others to use. Nothing of what was written stays behind. */
    release(): void {
      for (const one of used.splice(0)) {
        inUse--
        if (one.length !== slabBytes || spare.length >= mostSlabs) continue
        one.fill(0)
        spare.push(one)
      }
      slab = Buffer.alloc(0)
      end = 0
    }
  }
}
