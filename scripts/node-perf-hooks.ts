/**
 * `node:perf_hooks` for the daemon's bundle, and what is global of it: the same clock, without the measuring that comes with
 * the module.
 */
import { hrtime } from 'node:process';

export const performance = {
  now(): number {
    const [seconds, nanoseconds] = hrtime();
    return seconds * 1000 + nanoseconds / 1e6;
  },
};
