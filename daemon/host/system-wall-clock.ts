import { closeSync } from 'node:fs';
import type { EpochSeconds, WallAlarm, WallClock } from './clock.ts';
import { read } from './libc/bytes.ts';
import { watchReadable } from './libc/readiness.ts';
import { createWallTimer, setWallTimer } from './libc/wall-timer.ts';

/**
 * The wall clock of the machine. Its alarms are descriptors of the kernel's, which notice what `setTimeout`
 * cannot: that the clock was set, or that the machine has slept.
 */
export const systemWallClock: WallClock = {
  now: () => (Date.now() / 1000) as EpochSeconds,

  openAlarm(wake): WallAlarm {
    const fd = createWallTimer();
    const expirations = Buffer.alloc(8);
    const watch = watchReadable(fd, () => {
      // What it says is of no interest; a timer that was not read would go off for ever.
      read(fd, expirations, expirations.length);
      wake();
    });
    let again: NodeJS.Immediate | undefined;
    return {
      set(at) {
        if (!setWallTimer(fd, at)) again = setImmediate(wake);
      },
      close() {
        clearImmediate(again);
        watch.close();
        closeSync(fd);
      },
    };
  },
};
