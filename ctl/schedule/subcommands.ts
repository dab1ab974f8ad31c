import { history } from './history.ts';
import { list } from './list.ts';
import { log } from './log.ts';
import { next } from './next.ts';
import { off, on, pause, resume } from './pausing.ts';
import { run } from './run.ts';
import { show } from './show.ts';
import { stop } from './stop.ts';
import { add, modify, remove } from './stored.ts';
import type { Subcommand } from './subcommand.ts';

/** The commands behind `schedule`, in the order in which its help tells of them. */
export const subcommands: ReadonlyMap<string, Subcommand> = new Map(
  Object.entries({ list, next, show, run, pause, resume, off, on, history, log, stop, add, modify, remove }),
);
