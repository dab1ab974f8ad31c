import { string } from '../values.ts';
import type { KeyTable } from './key.ts';

/** The one factory there is. */
export const mainRpcInterface = 'supervisor.rpcinterface:make_main_rpcinterface';

/** Keys of `[rpcinterface:x]`. */
export const rpcInterfaceKeys = {
  'supervisor.rpcinterface_factory': {
    read: string,
    default: undefined,
    absent: 'required',
    sample: mainRpcInterface,
    doc: `Must be \`${mainRpcInterface}\`. Its methods appear under the namespace that follows the colon.`,
  },
} satisfies KeyTable;
