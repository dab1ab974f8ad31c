/** Takes Debian's supervisord and ours through the same steps, at the same time, and compares each answer. */
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { HttpFailure, ServerFault } from '../../../ctl/failures.ts';
import { Daemon, type DaemonOptions, type Implementation } from '../../support/daemons.ts';
import { describeWithPeer } from '../../support/peer.ts';
import { inBoth } from './in-both.ts';
import { normalise } from './normalise.ts';

export interface Step {
  /** Completes the sentence "agrees with supervisord: …". */
  readonly name: string;
  /** What it resolves with is compared, and so is what it is rejected with. */
  run(daemon: Daemon): unknown;
  /** Where ours answers otherwise on purpose: what it answers, and why. */
  readonly differs?: { readonly ours: unknown; readonly why: string };
}

export interface Comparison extends Omit<DaemonOptions, 'implementation'> {
  readonly steps: readonly Step[];
  /** Puts beside the configuration file what it speaks of, or replaces it, before the daemon starts. */
  readonly prepare?: (daemon: Daemon) => void | Promise<void>;
}

/** What became of a step. */
type Answer =
  | { readonly type: 'value'; readonly value: unknown }
  | { readonly type: 'fault'; readonly code: number; readonly text: unknown }
  | { readonly type: 'HTTP'; readonly status: number }
  | { readonly type: 'error'; readonly text: unknown };

/** Milliseconds that all steps may take together: supervisord takes a second or two for many of them. */
const comparisonLimit = 600_000;

/** Declares one test for each step. The daemons go through all of them first, each at its own pace. */
export function compareDaemons(name: string, { steps, prepare, ...options }: Comparison): void {
  describeWithPeer(name, () => {
    let ours: readonly Answer[] = [];
    let real: readonly Answer[] = [];

    beforeAll(async () => {
      ({ ours, real } = await inBoth((implementation) =>
        goThrough({ steps, prepare }, { ...options, implementation }),
      ));
    }, comparisonLimit);

    // Frees what the answers hold; the daemons have ended already.
    afterAll(() => {
      ours = [];
      real = [];
    });

    for (const [index, { name, differs }] of steps.entries()) {
      const claim =
        differs === undefined ? `agrees with supervisord: ${name}` : `differs: ${name} (${differs.why})`;
      it(claim, () => {
        // A step that fails on both sides compares nothing.
        expect(ours[index]).not.toMatchObject({ type: 'error' });
        if (differs === undefined) {
          expect(ours[index]).toEqual(real[index]);
        } else {
          expect(ours[index]).not.toEqual(real[index]);
          expect(ours[index]).toMatchObject(asAnswer(differs.ours));
        }
      });
    }
  });
}

/** A fault as `Step.differs.ours` may say it. */
export class ExpectedFault {
  readonly code: number;
  readonly text: unknown;

  constructor(code: number, text: unknown) {
    this.code = code;
    this.text = text;
  }
}

function asAnswer(expected: unknown): Record<string, unknown> {
  if (expected instanceof ExpectedFault) return { type: 'fault', code: expected.code, text: expected.text };
  return { type: 'value', value: expected };
}

async function goThrough(
  {
    steps,
    prepare,
  }: { readonly steps: readonly Step[]; readonly prepare: Comparison['prepare'] | undefined },
  options: DaemonOptions & { readonly implementation: Implementation },
): Promise<Answer[]> {
  await using daemon = new Daemon(options);
  await prepare?.(daemon);
  await daemon.start();
  if (await hasEnded(daemon))
    throw new Error(`${options.implementation} supervisord has ended: ${daemon.output}`);
  const answers: Answer[] = [];
  for (const step of steps) answers.push(await answerOf(step, daemon));
  await endQuickly(daemon);
  return answers;
}

async function hasEnded(daemon: Daemon): Promise<boolean> {
  try {
    await daemon.rpc('system.listMethods');
    return false;
  } catch {
    return true;
  }
}

/** In an orderly shutdown supervisord takes a second for each group. */
async function endQuickly(daemon: Daemon): Promise<void> {
  try {
    await daemon.rpc('supervisor.stopAllProcesses');
  } catch {
    // A step has ended it, or is ending it.
    return;
  }
  daemon.kill('SIGKILL');
  await daemon.ended();
}

/** Seconds that a step may take. */
const stepLimit = 90;

async function answerOf(step: Step, daemon: Daemon): Promise<Answer> {
  const limit = new AbortController();
  const late = delay(stepLimit * 1000, undefined, { signal: limit.signal }).then(
    () => {
      throw new Error(`took longer than ${stepLimit} s`);
    },
    () => undefined,
  );
  try {
    return { type: 'value', value: normalise(await Promise.race([step.run(daemon), late]), daemon) };
  } catch (error) {
    if (error instanceof ServerFault) {
      return { type: 'fault', code: error.code, text: normalise(error.text, daemon) };
    }
    if (error instanceof HttpFailure) return { type: 'HTTP', status: error.status };
    return { type: 'error', text: normalise(String(error), daemon) };
  } finally {
    limit.abort();
  }
}
