/** Timers on the wall clock, as descriptors. */
import { checked, ECANCELED, intCall } from './call.ts';
import { O_CLOEXEC } from './descriptors.ts';

const CLOCK_REALTIME = 0;
const TFD_NONBLOCK = 0o4000;
const [TFD_TIMER_ABSTIME, TFD_TIMER_CANCEL_ON_SET] = [1, 2];
const createCall = intCall('timerfd_create', ['int', 'int']);
const setCall = intCall('timerfd_settime', ['int', 'int', 'void *', 'void *']);
/** `struct itimerspec`: interval, then first expiration, each in seconds and nanoseconds. */
const spec = Buffer.alloc(32);

/** A timer that is not set. @throws {SystemError} */
export function createWallTimer(): number {
  return checked(createCall(CLOCK_REALTIME, TFD_NONBLOCK | O_CLOEXEC), 'timerfd_create');
}

/**
 * Has the descriptor become readable when it is `seconds` since 1970, or when somebody sets the clock.
 *
 * @returns `false`: the clock has been set since the timer was last read; the timer runs all the same
 * @throws {SystemError}
 */
export function setWallTimer(fd: number, seconds: number): boolean {
  const whole = Math.floor(seconds);
  spec.writeBigInt64LE(BigInt(whole), 16);
  spec.writeBigInt64LE(BigInt(Math.round((seconds - whole) * 1e9)), 24);
  const result = setCall(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, spec, null);
  if (result === -ECANCELED) return false;
  checked(result, 'timerfd_settime');
  return true;
}
