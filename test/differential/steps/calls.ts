import type { Encodable } from '../../../rpc/xmlrpc.ts';
import type { Step } from './compare-daemons.ts';
import { waitForState } from './process-info.ts';
import { statusesByName } from './statuses.ts';

/** A call and its answer. */
export function call(method: string, ...params: readonly Encodable[]): Step {
  return { name: nameOf(method, params), run: (daemon) => daemon.rpc(method, ...params) };
}

/** A call that may answer a status for each process; those that finish at the same time have no order. */
export function callForStatuses(method: string, ...params: readonly Encodable[]): Step {
  return {
    name: nameOf(method, params),
    run: async (daemon) => statusesByName(await daemon.rpc(method, ...params)),
  };
}

/** The step, and why ours answers otherwise. */
export function differs(step: Step, why: string, ours: unknown): Step {
  return { ...step, differs: { why, ours } };
}

/** The step, and the state it brings a process to in the end. */
export function untilState(step: Step, name: string, state: string): Step {
  return {
    name: `${step.name}; then ${name} becomes ${state}`,
    async run(daemon) {
      const answer = await step.run(daemon);
      await waitForState(daemon, name, state);
      return answer;
    },
  };
}

function nameOf(method: string, params: readonly Encodable[]): string {
  return `${method}(${params.map((param) => JSON.stringify(param)).join(', ')})`;
}
