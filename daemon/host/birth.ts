/**
 * When a process came into being, which tells it from a later one with the same pid. The kernel counts in ticks
 * of 10 ms since the machine was started, times of sleep included.
 */
import { bootNanoseconds } from './libc/boot-clock.ts';

/** A child was born not before `from` and not after `to`, in the kernel's ticks. */
export interface Birth {
  readonly from: number;
  readonly to: number;
}

const nanosecondsPerTick = 10_000_000n;
const ticksPerSecond = 100;

/** This moment, in ticks. Rounded as the kernel does it: a child must not seem to be younger than it is. */
export function presentTick(): number {
  return Number(bootNanoseconds() / nanosecondsPerTick);
}

/** Whether a process that the kernel says to have begun at tick `start` can be the child. */
export function isBorn({ from, to }: Birth, start: number): boolean {
  return from <= start && start <= to;
}

/** What the kernel says of a child that was born at this time; `undefined`: that has to be asked. */
export function exactStart({ from, to }: Birth): number | undefined {
  return from === to ? from : undefined;
}

/** Seconds from the tick in which a process began until now. */
export function ageOf(start: number): number {
  return Math.max(0, Number(bootNanoseconds()) / 1e9 - start / ticksPerSecond);
}
