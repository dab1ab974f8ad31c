const newline = 0x0a;

/**
 * How many bytes to throw away from the beginning of output that there is too much of: at least half of it, and
 * whole lines. Where the second half has no line end, just half of it.
 */
export function oldestLines(output: Buffer): number {
  const half = Math.ceil(output.length / 2);
  const end = output.indexOf(newline, Math.max(0, half - 1));
  return end === -1 ? half : end + 1;
}
