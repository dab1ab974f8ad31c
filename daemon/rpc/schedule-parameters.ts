/** How methods of the scheduler read their arguments. */
import { RpcFault } from '../../rpc/faults.ts';
import type { XmlRpcValue } from '../../rpc/xmlrpc.ts';
import type { RunQuery } from '../../schedule/job-store.ts';
import { failures, type RunOutcome } from '../../schedule/run.ts';
import type { Channel } from '../host/host.ts';
import type { ScheduleKeys } from '../schedule/control.ts';
import type { Parameter } from './parameter.ts';

/** What makes a job: keys of a `[schedule:x]`. */
export const keys: Parameter<ScheduleKeys> = {
  type: 'struct',
  read(value) {
    if (!(value instanceof Map)) throw new RpcFault('INCORRECT_PARAMETERS');
    return new Map([...value].map(([key, given]) => [key, keyText(key, given)]));
  },
};

/** What makes a job, with the `id` it is to have. */
export const namedKeys: Parameter<NamedKeys> = {
  type: 'struct',
  read(value) {
    const all = new Map(keys.read(value));
    const id = all.get('id') ?? '';
    all.delete('id');
    return { id, keys: all };
  },
};

export interface NamedKeys {
  /** '' if it has none. */
  readonly id: string;
  readonly keys: ScheduleKeys;
}

/** The id of a job, or what could make one. */
export const jobOrKeys: Parameter<string | ScheduleKeys> = {
  type: 'struct',
  read: (value) => (typeof value === 'string' ? value : namedKeys.read(value).keys),
};

/** A moment: seconds since 1970, or ISO 8601 with an offset; 0 and '' are `undefined`. */
export const instant: Parameter<Date | undefined> = {
  type: 'double',
  read(value) {
    if (value === '' || value === 0) return undefined;
    if (typeof value !== 'number' && typeof value !== 'string') throw new RpcFault('INCORRECT_PARAMETERS');
    const hasOffset = typeof value === 'number' || /T.*(?:Z|[+-]\d\d:\d\d)$/.test(value);
    const moment = new Date(typeof value === 'number' ? value * 1000 : value);
    if (hasOffset && !Number.isNaN(moment.getTime())) return moment;
    throw new RpcFault(
      'BAD_ARGUMENTS',
      `${value} is no time: seconds since 1970, or ISO 8601 with an offset`,
    );
  },
};

export const channel: Parameter<Channel> = {
  type: 'string',
  read(value) {
    if (value === 'stdout' || value === 'stderr') return value;
    throw new RpcFault('BAD_ARGUMENTS', `${String(value)} is no channel: stdout or stderr`);
  },
};

type RunStates = NonNullable<RunQuery['states']>;

const outcomes: readonly RunOutcome[] = [
  'SUCCESS',
  'FAILED',
  'TIMEOUT',
  'CANCELLED',
  'SPAWN_ERROR',
  'LOST',
  'MISSED',
  'SKIPPED',
  'COALESCED',
];

/** What one word of a filter stands for: a state, or several. */
const statesByWord: ReadonlyMap<string, RunStates> = new Map<string, RunStates>([
  ...outcomes.map((outcome): [string, RunStates] => [outcome, [outcome]]),
  ['active', ['active']],
  ['failed', failures],
]);

/** Which runs: a struct whose `states` are outcomes, `active` and `failed`; without it all. */
export const filter: Parameter<Pick<RunQuery, 'states'>> = {
  type: 'struct',
  read(value) {
    if (!(value instanceof Map)) throw new RpcFault('INCORRECT_PARAMETERS');
    const { states, ...others } = Object.fromEntries(value);
    const [unknown] = Object.keys(others);
    if (unknown !== undefined) throw new RpcFault('BAD_ARGUMENTS', `no filter goes by ${unknown}`);
    if (states === undefined) return {};
    if (!Array.isArray(states)) throw new RpcFault('INCORRECT_PARAMETERS');
    return { states: states.flatMap(readState) };
  },
};

function readState(word: XmlRpcValue): RunStates {
  const states = typeof word === 'string' ? statesByWord.get(word) : undefined;
  if (states !== undefined) return states;
  const known = [...statesByWord.keys()].join(', ');
  throw new RpcFault('BAD_ARGUMENTS', `${String(word)} is no state of runs: ${known}`);
}

/** Values are text, as in a file; who has numbers, booleans or a list may send them as such. */
function keyText(key: string, value: XmlRpcValue): string {
  switch (typeof value) {
    case 'string':
      return value;
    case 'number':
    case 'boolean':
      return String(value);
    default:
      if (Array.isArray(value)) return value.map((item) => keyText(key, item)).join(',');
      throw new RpcFault('BAD_ARGUMENTS', `${key}: expected text, a number, a boolean, or an array of them`);
  }
}
