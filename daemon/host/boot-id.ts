import { readFileSync } from 'node:fs';

/** Tells one boot of the machine from another: pids and FIFOs mean nothing in the next one. */
export function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
}
