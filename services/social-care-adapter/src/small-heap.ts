import { setFlagsFromString } from 'node:v8'

/*
 * A large file passes through, and hardly anything of it is held. V8 would let the heap grow to many times that before it
 * looks for what is no longer needed: here it looks sooner, which takes a third more time (docs/benchmarks.md). Imported
 * first, for loading the libraries counts as well.
 */
setFlagsFromString('--heap-growing-percent=10')
setFlagsFromString('--semi-space-growth-factor=1')
