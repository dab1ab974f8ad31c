import { startAndStopAll } from './all.ts';
import type { Benchmark } from './benchmark.ts';
import { ctl } from './ctl.ts';
import { events } from './events.ts';
import { idle } from './idle.ts';
import { large } from './large.ts';
import { lines } from './lines.ts';
import { log } from './log.ts';
import { memory, memoryOfMany } from './memory.ts';
import { nextFire } from './next-fire.ts';
import { packageSize } from './package.ts';
import { respawn } from './respawn.ts';
import { rpc } from './rpc.ts';
import { schedule } from './schedule.ts';
import { schedules } from './schedules.ts';
import { startAndShutdown } from './start.ts';
import { update } from './update.ts';
import { upgrade } from './upgrade.ts';

/** In the order of docs/performance.md. */
export const benchmarks: readonly Benchmark[] = [
  respawn,
  startAndShutdown,
  startAndStopAll,
  log,
  lines,
  idle,
  memory,
  memoryOfMany,
  ctl,
  rpc,
  update,
  large,
  packageSize,
  events,
  upgrade,
  nextFire,
  schedule,
  schedules,
];
